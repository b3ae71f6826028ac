"""A family’s pages in a real browser, as a cheap phone shows them."""

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, Membership, User
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery, Entry
from bothways.messaging.services.messages import Draft, send
from bothways.schools.models import District, School
from bothways.web.family import frame, reply
from messaging.world import World

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WORDS = {
    "en": "Troy takes part a lot in class: https://lincoln.example/a/very/long/address/of/homework.\n\n"
    "This week 2 of 5 tasks came in. What do you see at home?",
    "ar": "يشارك تروي كثيرًا في الصف.\n\nسلّم هذا الأسبوع 2 من 5 واجبات. اتصلوا بـ (312) 555-0142.",
}
ANSWER = "يعمل واجباته على طاولة المطبخ، لكن أخته الصغيرة تزعجه."

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _fresh(browser: Browser) -> None:
    frame.misses.forget()
    reply.sending.forget()


@pytest.fixture
def delivery(browser: Browser, transactional_db: None) -> Delivery:
    """Mrs. C wrote to Alician about Troy, in Arabic and English."""
    district = District.objects.create(
        sis_id="d", name="Grand Bend Schools", phone="(312) 555-0100"
    )
    school = School.objects.create(
        district=district, sis_id="s", name="Lincoln School", phone="(312) 555-0142"
    )
    world = World(district, school)
    mrs_c = User.objects.create_user("c@example.org", district=district, given="Mrs.", family="C")
    Membership.objects.create(district=district, user=mrs_c, role=Role.PRINCIPAL, school=school)
    Duty.objects.create(district=district, user=mrs_c)
    troy = world.student("Troy")
    world.home(troy, guardians=[world.guardian("Alician", email="a@example.org", reads="ar")])
    message, _ = send(
        Draft(Purpose.PERSONAL, Audience(students=(troy.sis_id or "",)), WORDS, {}, student=troy),
        district=district,
        by=mrs_c,
    )
    Delivery.objects.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank)
    return Delivery.objects.get(message=message)


@pytest.fixture
def open_page(browser: Browser, live_server: object, delivery: Delivery) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def open_(
        path: str = "", *, script: bool = True, scheme: str = "light", width: int = 360
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 740},
            java_script_enabled=script,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{live_server}{path or f'/r/{delivery.code}'}")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_alician_reads_and_answers_in_arabic(open_page: Open, script: bool) -> None:
    page = open_page(script=script)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert "تروي" in page.locator(".told").inner_text()
    page.fill("#words", ANSWER)
    page.click("button[name=send]")
    assert ANSWER in page.locator("main").inner_text()
    assert Entry.objects.get().body == ANSWER


def test_one_tap_says_that_it_was_read(open_page: Open, delivery: Delivery) -> None:
    page = open_page(script=False)
    page.click("button[name=seen]")
    assert page.locator("[role=status]").count() == 1
    delivery.refresh_from_db()
    assert delivery.state == State.SEEN


def test_a_half_written_answer_outlives_a_reload_and_is_gone_once_sent(open_page: Open) -> None:
    page = open_page()
    page.fill("#words", "half an ans")
    page.reload()
    assert page.input_value("#words") == "half an ans"
    page.click("button[name=send]")
    page.wait_for_selector("[role=status]")
    page.wait_for_load_state()  # its script forgets the words: leaving sooner would keep them
    page.goto(page.url.split("?")[0])
    assert page.input_value("#words") == ""


def test_a_connection_that_breaks_loses_no_words(open_page: Open) -> None:
    page = open_page()
    address = page.url
    page.fill("#words", "written in a tunnel")
    page.context.set_offline(True)
    page.click("button[name=send]", no_wait_after=True)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.goto(address)
    assert page.input_value("#words") == "written in a tunnel"
    page.click("button[name=send]")
    page.wait_for_selector("[role=status]")
    assert Entry.objects.get().body == "written in a tunnel"


def test_the_languages_can_be_changed_without_script(open_page: Open) -> None:
    page = open_page(script=False)
    page.click("summary")
    page.click("text=Soomaali")
    assert page.locator("html").get_attribute("lang") == "so"
    assert page.locator(".told").get_attribute("lang") == "ar"


PAGES = {
    "message": "/r/{code}",
    "typing": "/r/",
    "closed": "/r/BCDFGHJKMNPQ",
    "stop": "/stop/{code}",
}


@pytest.mark.parametrize("lang", ["en", "ar", "am", "zh-Hans"])
def test_nothing_runs_over_the_edge_of_a_small_phone(
    open_page: Open, delivery: Delivery, lang: str
) -> None:
    page = open_page()
    root = page.url.split("/r/")[0]
    for path in PAGES.values():
        page.goto(f"{root}{path.format(code=delivery.code)}?lang={lang}")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.click("summary")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        small = page.evaluate(
            "[...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]"
            ".filter(e => !e.closest('.told')).map(e => [e.innerText, e.offsetHeight])"
            ".filter(([, height]) => height < 44)"
        )
        assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_axe_finds_nothing(open_page: Open, delivery: Delivery, lang: str, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run “npm ci”.")
    page = open_page(scheme=scheme)
    root = page.url.split("/r/")[0]

    def violations() -> list[list[str]]:
        page.evaluate(AXE.read_text("utf-8"))
        found: list[list[str]] = page.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))"
        )
        return found

    for path in PAGES.values():
        page.goto(f"{root}{path.format(code=delivery.code)}?lang={lang}")
        assert violations() == []
    page.goto(f"{root}/r/{delivery.code}?lang={lang}")
    page.click("button[name=send]")  # with nothing written
    assert violations() == []
    page.fill("#words", "My husband hits us, I am afraid he will kill me")
    page.click("button[name=send]")
    assert page.locator("a[href='tel:911']").count() == 1
    assert violations() == []


def test_everything_comes_from_here_and_is_small(open_page: Open, delivery: Delivery) -> None:
    page = open_page("/r/")
    seen: set[str] = set()
    page.on("response", lambda answer: seen.add(answer.url))
    page.goto(page.url.rstrip("/") + f"/{delivery.code}")
    page.wait_for_load_state("networkidle")
    assert {re.match(r"https?://[^/]+", url)[0] for url in seen} == {  # type: ignore[index]
        page.url.split("/r/")[0]
    }
    # Style sheets and scripts travel compressed (tests/commands/test_up.py); this server does not.
    bodies = {url: page.request.get(url).body() for url in seen}
    sizes = [len(gzip.compress(b) if "/static/" in url else b) for url, b in bodies.items()]
    assert 5_000 < sum(sizes) < 30_000
