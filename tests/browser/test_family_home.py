"""From a text to the answer, through the second proof to her own pages: in Arabic, on a cheap phone."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.messaging.services.messages import Draft, send
from bothways.messaging.services.sounds import record_version
from bothways.people.models import Guardian
from bothways.schools.models import District, School
from bothways.web.family import door, entering, frame, inside, reply, taking
from bothways.web.family.models import FamilyCode
from browser.looking import look
from messaging.world import FakeCarrier, World
from web.family.homes import Family as Home
from web.family.homes import family, homework, open_pages, works

WORDS = {
    "en": "Troy takes part a lot in class. What do you see at home?",
    "ar": "يشارك تروي كثيرًا في الصف. ماذا ترون في البيت؟",
}
ANSWER = "يعمل واجباته على طاولة المطبخ."
PAGES = (
    "",
    "/child/{troy}",
    "/ways",
    "/language",
    "/quiet",
    "/help",
    "/record",
    "/said",
    "/sent",
    "/looked",
    "/take",
    "/devices",
)


@pytest.fixture(autouse=True)
def carrier(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> FakeCarrier:
    for throttle in (frame.misses, reply.sending, inside.sending, taking.taking):
        throttle.forget()
    entering.asking.forget()
    entering.typing.forget()
    fake = FakeCarrier()
    monkeypatch.setattr(door, "carrier_for", lambda channel: fake)
    return fake


@pytest.fixture
def home(browser: Browser, transactional_db: None) -> Home:
    district = District.objects.create(
        sis_id="d", name="Grand Bend Schools", phone="(312) 555-0100"
    )
    school = School.objects.create(
        district=district, sis_id="s", name="Lincoln School", phone="(312) 555-0142"
    )
    made = family(World(district, school))
    Guardian.objects.filter(pk=made.alician.pk).update(reads="ar", speaks="ar")
    made.alician.refresh_from_db()
    works(made.alician)
    Membership.objects.filter(user=made.mrs_c).update(role=Role.PRINCIPAL)
    homework(made, "Read pages 4 to 9.", clock.today(district.timezone))
    return made


@pytest.fixture
def delivery(home: Home) -> Delivery:
    author = User.objects.get(pk=home.mrs_c.pk)
    message, _ = send(
        Draft(
            Purpose.PERSONAL,
            Audience(students=(home.troy.sis_id or "",)),
            WORDS,
            {},
            student=home.troy,
        ),
        district=home.world.district,
        by=author,
    )
    Delivery.objects.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank)
    for version in message.versions.all():
        record_version(version=version, data=b"ID3 spoken words", by=author)
    return Delivery.objects.filter(message=message).order_by("pk")[0]


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[object]:
    contexts = []

    def open_(*, script: bool = True, width: int = 360, scheme: str = "light") -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 740},
            java_script_enabled=script,
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_she_reads_answers_proves_herself_hears_and_takes_it_along(
    phone: object, delivery: Delivery, home: Home, carrier: FakeCarrier, script: bool
) -> None:
    page: Page = phone(script=script)  # type: ignore[operator]
    page.goto(f"/r/{delivery.code}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.fill("#words", ANSWER)
    page.click("button[name=send]")
    assert Entry.objects.get().body == ANSWER
    page.goto(f"/r/{delivery.code}")
    page.click("a[href*='/home/enter/']")
    page.click("main form button")
    page.fill("#code", sent_code(carrier))
    page.click("main form button.first")
    page.wait_for_url(re.compile(r"/home(\?|$)"))
    assert page.locator("h2 bdi", has_text="Troy").count() == 1
    assert "Read pages 4 to 9." in page.locator("main").inner_text()
    sound = page.locator("audio").first.get_attribute("src") or ""
    assert page.request.get(sound).body() == b"ID3 spoken words"
    page.click(".all a.first")
    page.fill("textarea", "حافلة متأخرة تساعدنا.")
    page.click("main form button.first")
    assert "Mrs. C" in page.locator("[role=status]").inner_text()
    assert Conversation.objects.filter(waiting_since__isnull=False).count() >= 1
    page.go_back()
    page.go_forward()
    assert Entry.objects.count() == 2
    page.goto("/home/take")
    with page.expect_download() as started:
        page.click("a[href*='take.pdf']")
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")
    taken = json.loads(page.request.get("/home/take.json").text())
    assert ANSWER in [said["words"] for said in taken["said"]]
    page.goto("/home")
    page.click("form[action*='leave'] button")
    page.goto("/home/said")
    assert page.locator("#contact").count() == 1


def sent_code(carrier: FakeCarrier) -> str:
    """The worker's part, in a thread of its own: the browser's event loop runs in this one."""

    def work() -> str:
        try:
            door.send_code(FamilyCode.objects.latest("pk").pk)
            found = re.search(r"\b(\d{6})\b", carrier.sent[-1].versions[0].body)
            assert found is not None
            return found[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        return worker.submit(work).result()


def test_a_half_written_word_outlives_a_reload_and_is_gone_once_it_arrived(
    phone: object, delivery: Delivery, home: Home, live_server: LiveServer
) -> None:
    page = signed_in(phone, home, live_server)
    page.goto("/home/help")
    page.fill("textarea", "half a thou")
    page.reload()
    assert page.input_value("textarea") == "half a thou"
    page.click("main form button.first")
    page.goto("/home/help")
    assert page.input_value("textarea") == ""


def signed_in(phone: object, home: Home, live_server: LiveServer, **kind: object) -> Page:
    page: Page = phone(**kind)  # type: ignore[operator]
    value = open_pages(home.alician).cookies[inside.COOKIE].value
    page.context.add_cookies(
        [{"name": inside.COOKIE, "value": value, "url": f"{live_server.url}/home"}]
    )
    return page


@pytest.mark.parametrize(("scheme", "tag", "width"), [("light", "ar", 360), ("dark", "en", 360)])
def test_every_page_can_be_used_by_everybody(
    phone: object,
    delivery: Delivery,
    home: Home,
    live_server: LiveServer,
    scheme: str,
    tag: str,
    width: int,
    tmp_path: Path,
) -> None:
    page = signed_in(phone, home, live_server, scheme=scheme, width=width)
    wrong = {}
    for path in PAGES:
        page.goto(f"/home{path.format(troy=home.troy.pk)}?lang={tag}")
        if found := look(page):
            wrong[path] = found
        small = page.evaluate(SMALL)
        if small:
            wrong[path] = [*wrong.get(path, []), f"too small to tap: {small}"]
    fresh: Page = phone(scheme=scheme, width=width)  # type: ignore[operator]
    for path in ("/home/enter", f"/home/enter/{delivery.code}", f"/home/code/{'0' * 32}"):
        fresh.goto(f"{path}?lang={tag}")
        if found := look(fresh):
            wrong[path] = found
    assert wrong == {}


# Everything that is tapped: 44 px high, its label with it.
SMALL = """() => [...document.querySelectorAll("main a, main button, main select, main summary, nav a")]
    .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)
    .map(e => e.textContent.trim().slice(0, 30) + " " + Math.round(e.getBoundingClientRect().height))"""
