"""“Also tell me on this phone” in a real browser.

A headless browser has no push service behind it: subscribing is answered here, by a browser's keys of the
test and by a push service on this machine. Page, worker and notice are Chromium's own.
"""

import json
import threading
from collections.abc import Iterator
from datetime import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from bothways.channels.models import PushSubscription
from bothways.channels.services import configure
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery
from bothways.messaging.services.messages import Draft, send
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint, Guardian
from bothways.schools.models import District, School
from bothways.web.family import frame, notices
from channels.push_service import Browser as Phone
from messaging.world import World

# The browser's own subscribing, with the test's push service in its place.
SUBSCRIBING = """
const agreed = %s;
PushManager.prototype.subscribe = async function (wish) {
  if (wish.applicationServerKey.length !== 87 || !wish.userVisibleOnly) throw new Error("wrong wish");
  if (await Notification.requestPermission() !== "granted") throw new Error("denied");
  sessionStorage.agreed = "1";
  return this.getSubscription();
};
PushManager.prototype.getSubscription = async function () {
  if (!sessionStorage.agreed) return null;
  return {
    endpoint: agreed.endpoint,
    toJSON: () => ({ endpoint: agreed.endpoint, keys: { p256dh: agreed.p256dh, auth: agreed.auth } }),
    unsubscribe: async () => { delete sessionStorage.agreed; return true; },
  };
};
"""


@pytest.fixture(autouse=True)
def _fresh() -> None:
    frame.misses.forget()
    notices.asking.forget()


@pytest.fixture
def service() -> Iterator[tuple[str, list[bytes]]]:
    """(address, what was taken) of a push service."""
    taken: list[bytes] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(browser: Browser, transactional_db: None) -> World:
    # No quiet hours: this world lives in real time, and the test in every hour of it.
    district = District.objects.create(
        sis_id="d",
        name="Grand Bend Schools",
        phone="(312) 555-0100",
        quiet_from=time(7),
        quiet_until=time(7),
    )
    school = School.objects.create(district=district, sis_id="s", name="Lincoln School")
    world = World(district, school)
    alician = world.guardian("Alician", email="a@example.org", reads="es")
    world.home(world.student("Troy"), guardians=[alician])
    return world


def writes(world: World) -> Delivery:
    message, _ = send(
        Draft(Purpose.TIMELY, Audience(), {"es": "Mañana hay museo."}, {}),
        district=world.district,
        by=None,
    )
    return Delivery.objects.filter(message=message).order_by("pk")[0]


def opened(browser: Browser, address: str, subscribing: dict[str, str], *, allow: bool) -> Page:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    if allow:
        context.grant_permissions(["notifications"], origin=address.partition("/r/")[0])
    page = context.new_page()
    page.add_init_script(SUBSCRIBING % json.dumps(subscribing))
    page.goto(address)
    return page


def test_family_presses_gets_a_notice_and_presses_again_to_end_it(
    browser: Browser, live_server: object, world: World, service: tuple[str, list[bytes]]
) -> None:
    url, taken = service
    configure("push", {"contact": "office@grandbend.example", "own_services": url})
    first = writes(world)
    Delivery.objects.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank)
    phone = Phone()
    there = phone.subscription(f"{url}/push/1")
    agreed = {"endpoint": there.endpoint, "p256dh": there.p256dh, "auth": there.auth}
    page = opened(browser, f"{live_server}/r/{first.code}", agreed, allow=True)

    on = page.get_by_role("button", name="Avíseme también en este teléfono")
    on.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(
        "Este teléfono le avisará cuando haya un mensaje."
    )
    expect(on).to_be_hidden()
    assert PushSubscription.objects.get().endpoint == there.endpoint
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    # The next words go out as a notice, which only this browser can read.
    alician = Guardian.objects.get()
    point = alician.points.get(kind="push")
    second = writes(world)
    Delivery.objects.filter(pk=second.pk).update(
        channel="push", kind="push", match=point.match, address=point.address
    )
    send_due(world.district, urgent=False)
    second.refresh_from_db()
    assert second.state == "accepted"
    shown = phone.read(taken[-1])
    assert (shown["title"], shown["body"]) == ("Lincoln School", "Tiene un mensaje")
    assert "museo" not in json.dumps(shown)

    # The worker shows it, and a tap opens the page of this very message.
    notice = delivered(page, json.dumps(shown))
    assert (notice["title"], notice["body"], notice["lang"]) == (
        "Lincoln School",
        "Tiene un mensaje",
        "es",
    )
    assert tapped(page, notice["url"]) == f"/r/{second.code}"

    page.reload()
    page.get_by_role("button", name="No más avisos en este teléfono").click()
    expect(page.get_by_role("status")).to_have_text("Este teléfono ya no recibe avisos.")
    assert not ContactPoint.objects.filter(kind="push", ended_at=None).exists()
    page.context.close()


def delivered(page: Page, words: str) -> dict[str, str]:
    """The notice that the worker shows when the browser hands it these words.

    What the worker asks for is noted down there: whether a notice then stands on a screen is up to the
    system around the browser, and a test's machine may have none.
    """
    notice: dict[str, str] = worker(page).evaluate(
        """async words => {
          const asked = new Promise(done => {
            ServiceWorkerRegistration.prototype.showNotification = async (title, options) =>
              done({ title, body: options.body, lang: options.lang, url: options.data.url });
          });
          self.dispatchEvent(new PushEvent("push", { data: words }));
          return asked;
        }""",
        words,
    )
    return notice


def tapped(page: Page, url: str) -> str:
    """Which page the worker opens for a tap on the notice with this address."""
    path: str = worker(page).evaluate(
        """async url => {
          const told = new Promise(done => { self.clients.openWindow = async path => done(path); });
          const tap = new ExtendableEvent("notificationclick");
          tap.notification = { data: { url }, close() {} };
          self.dispatchEvent(tap);
          return told;
        }""",
        url,
    )
    return path


def worker(page: Page) -> Worker:
    """The page's service worker, once it runs."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    (running,) = page.context.service_workers
    return running


def test_who_does_not_allow_it_is_told_that_messages_still_come(
    browser: Browser, live_server: object, world: World, service: tuple[str, list[bytes]]
) -> None:
    url, _ = service
    configure("push", {"contact": "office@grandbend.example", "own_services": url})
    first = writes(world)
    Delivery.objects.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank)
    there = Phone().subscription("https://127.0.0.1/inside")  # the school refuses such an address
    agreed = {"endpoint": there.endpoint, "p256dh": there.p256dh, "auth": there.auth}
    page = opened(browser, f"{live_server}/r/{first.code}", agreed, allow=True)
    page.get_by_role("button", name="Avíseme también en este teléfono").click()
    expect(page.get_by_role("status")).to_contain_text("No funcionó en este teléfono.")
    expect(page.get_by_role("button", name="Avíseme también en este teléfono")).to_be_enabled()
    assert page.evaluate("sessionStorage.agreed") is None
    assert PushSubscription.objects.count() == 0
    page.context.close()


def test_without_script_nothing_is_offered_and_nothing_is_missing(
    browser: Browser, live_server: object, world: World
) -> None:
    configure("push", {"contact": "office@grandbend.example"})
    first = writes(world)
    Delivery.objects.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server}/r/{first.code}")
    expect(page.get_by_role("button", name="Avíseme también en este teléfono")).to_be_hidden()
    expect(page.get_by_role("button", name="Ya lo leí")).to_be_visible()
    context.close()
