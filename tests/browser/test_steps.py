"""Every step of a person from beginning to end at 360 px with the keyboard alone, and from paper."""

import io
import re
import unicodedata
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from bothways.core import clock
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.outreach.enums import TaskKind, TaskState
from bothways.outreach.models import FamilyPlan, PersonContact, Visit
from bothways.outreach.services import visits
from browser.looking import SignIn, look
from people import Cast
from web import steps
from web.happenings import happened

NARROW = 360


class Keyboard:
    """Somebody who has no mouse: Tab, Enter, Space, arrows and letters."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, selector: str) -> None:
        """Tab on until this has the focus; it must be seen to have it."""
        for _ in range(200):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                shown = self.page.evaluate(
                    "() => { const s = getComputedStyle(document.activeElement);"
                    " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }"
                )
                assert shown, f"{selector} does not show that it has the focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not come to {selector}")

    def press(self, selector: str, key: str = "Enter") -> None:
        self.to(selector)
        self.page.keyboard.press(key)

    def submit(self, selector: str) -> None:
        """Press what leads to another page, and wait for it."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, selector: str, words: str) -> None:
        self.to(selector)
        self.page.keyboard.type(words)

    def choose(self, name: str, value: str) -> None:
        """One of a group of radio buttons."""
        self.to(f"input[name='{name}']")
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no {value} among {name}")

    def at(self, selector: str, moment: datetime) -> None:
        """A day and hour, digit by digit."""
        self.to(selector)
        self.page.keyboard.type(f"{moment:%m%d%Y}")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(f"{moment:%I%M%p}")


@pytest.fixture
def keys(sign_in: SignIn, everybody: Cast) -> Keyboard:
    """Mrs. C at her phone's width."""
    return Keyboard(sign_in(everybody.mrs_c, width=NARROW))


def _level(cast: Cast) -> int:
    return ContactEvent.objects.filter(household=cast.emilys_home).latest("pk").level


def test_a_call_from_the_list_to_what_came_of_it(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody, TaskKind.CALL, household=everybody.troys_home)
    keys.page.goto("/tasks/")
    keys.submit(f"a[href='/tasks/{task.pk}/']")
    keys.to("a[href='tel:+13125550101']")
    keys.choose("result", "talked")
    keys.write("#id_words", "He does it, and it stays in his bag.")
    keys.write("#id_learned", "After six, by phone")
    keys.submit(".outcome button")
    expect(keys.page.locator(".notice.success")).to_contain_text("Noted")
    contact = PersonContact.objects.get()
    assert (contact.result, contact.guardian, contact.way) == (
        "talked",
        everybody.alician,
        "call",
    )


def test_nobody_answers_and_it_comes_back_tomorrow(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody, TaskKind.CALL, household=everybody.troys_home)
    keys.page.goto(f"/tasks/{task.pk}/")
    keys.choose("result", "no_answer")
    keys.press(".outcome details:has(input[name='again']) > summary")
    keys.choose("again", "next_morning")
    keys.submit(".outcome button")
    task.refresh_from_db()
    assert (task.state, task.not_before is not None) == (TaskState.OPEN.value, True)


def test_something_is_given_into_a_guardians_hand(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody, TaskKind.HANDOVER)
    keys.page.goto(f"/tasks/{task.pk}/")
    expect(keys.page.locator("main")).to_contain_text("Into an adult’s hand")
    keys.choose("result", "given")
    keys.write("#id_guardian", "Ruth")
    keys.submit(".outcome button")
    assert (PersonContact.objects.get().guardian, _level(everybody)) == (
        everybody.emilys_mother,
        Level.DELIVERED,
    )


def test_a_visit_is_planned_begun_ended_and_noted(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody)
    keys.page.goto(f"/tasks/{task.pk}/")
    keys.submit(f"a[href='/tasks/{task.pk}/visit/']")
    soon = (clock.now() + timedelta(minutes=30)).astimezone(everybody.district.zone)
    keys.at("#id_planned_at", soon)
    keys.write("#id_companion", "Lien")
    keys.choose("place", "home")
    keys.press("#id_agreed", "Space")
    keys.press("#id_safety_asked", "Space")
    keys.write("#id_safety_note", "Two dogs behind the fence")
    keys.submit("form.sheet button")
    expect(keys.page.locator("main")).to_contain_text("Two dogs behind the fence")
    keys.submit(".taps button")
    expect(keys.page.locator("main")).to_contain_text("There since")
    keys.submit(".taps button")
    keys.choose("result", "talked")
    keys.write("#id_words", "Coffee in the kitchen. They want to come on Saturday.")
    keys.submit(".outcome button")
    visit = Visit.objects.get()
    assert (visit.companion, visit.checked_out_at is not None) == (everybody.counselor, True)
    assert (PersonContact.objects.get().way, _level(everybody)) == ("visit", Level.MET)


def test_somebody_they_trust_is_asked(keys: Keyboard, everybody: Cast) -> None:
    home = everybody.emilys_home.pk
    keys.page.goto(f"/families/{home}/plan/")
    keys.submit("main form button")
    keys.press("details:has(#id_trust-name) > summary")
    keys.write("#id_trust-name", "Aunt Jo")
    keys.write("#id_trust-may_say", "Mrs. C would be glad to talk, and it is good news")
    keys.submit("form[action$='/plan/trust/'] button")
    keys.write("#id_next-kind", "Ask somebody")
    keys.submit("form[action$='/plan/next/'] button")
    step = FamilyPlan.objects.get().next_task
    assert step is not None
    assert (step.kind, step.owner) == ("go_between", everybody.mrs_c)
    keys.submit(f"a[href='/tasks/{step.pk}/']")
    expect(keys.page.locator("main")).to_contain_text("Mrs. C would be glad to talk")
    keys.choose("result", "left_word")
    keys.write("#id_learned", "Sundays, at the aunt’s")
    keys.submit(".outcome button")
    assert PersonContact.objects.get().way == "go_between"


def test_they_meet_at_a_neutral_place(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody, TaskKind.NEUTRAL_PLACE)
    keys.page.goto(f"/tasks/{task.pk}/")
    keys.submit(f"a[href='/tasks/{task.pk}/visit/']")
    soon = (clock.now() + timedelta(minutes=30)).astimezone(everybody.district.zone)
    keys.at("#id_planned_at", soon)
    keys.write("#id_companion", "Lien")
    keys.choose("place", "neutral")
    keys.write("#id_place_words", "The library, second floor")
    keys.press("#id_agreed", "Space")
    keys.submit("form.sheet button")
    keys.submit(".taps button")
    keys.submit(".taps button")
    keys.choose("result", "talked")
    keys.write("#id_words", "They would like a text in the evening.")
    keys.submit(".outcome button")
    assert (PersonContact.objects.get().way, _level(everybody)) == ("other_place", Level.MET)


def test_a_step_goes_to_a_colleague(keys: Keyboard, everybody: Cast) -> None:
    task = steps.step(everybody)
    keys.page.goto(f"/tasks/{task.pk}/")
    keys.write("#id_to", "Lien")
    keys.submit("form[action$='/hand-over/'] button")
    task.refresh_from_db()
    assert task.owner == everybody.counselor


def test_a_sheet_on_paper_has_all_that_is_needed_and_is_typed_in_afterwards(
    keys: Keyboard, everybody: Cast
) -> None:
    task = steps.step(everybody)
    visit = visits.check_in(visit=steps.going(everybody, task), by=everybody.mrs_c)
    visits.mind_visits(clock.now() + timedelta(hours=1))
    steps.aunt(everybody)
    keys.page.goto(f"/tasks/{task.pk}/sheet/")
    expect(keys.page.locator(".alerts")).to_be_visible()
    reader = PdfReader(io.BytesIO(keys.page.pdf(format="Letter")))
    text = " ".join(page.extract_text() for page in reader.pages)
    paper = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))  # a font may join ff
    for needed in (
        f"Number {task.pk}",
        "Emily Parker",
        "Ruth Parker",
        "12 Fence Rd",
        "There is a safety note: read it before you go.",
        "Lien Staff",
        "Open with",
        "Ask",
        "End with",
        "We talked",
        "Nobody answered this time",
        "What you talked about, what we learned",
    ):
        assert needed in paper
    assert "Two dogs" not in paper
    assert "Sign out" not in paper
    # What stands on top of pages is for this person's eyes, not for a paper that leaves the house.
    assert "should have been back" not in paper
    visits.check_out(visit=visit, by=everybody.mrs_c)
    keys.page.goto("/tasks/")
    keys.write("#id_number", str(task.pk))
    keys.submit("form[action='/tasks/number/'] button")
    keys.choose("result", "no_answer")
    keys.submit(".outcome button")
    assert PersonContact.objects.get().result == "no_answer"


def _pages(cast: Cast) -> list[str]:
    happened(cast)
    visit = visits.check_in(visit=steps.going(cast), by=cast.mrs_c)
    visits.mind_visits(clock.now() + timedelta(hours=3))
    call = steps.step(cast, TaskKind.CALL, household=cast.nours_home)
    steps.step(cast, TaskKind.CALL, household=cast.troys_home, owner=None)
    order = steps.step(cast, TaskKind.READ_ORDER, household=cast.hectors_home)
    other = steps.going(cast, steps.step(cast, household=cast.luiss_home))
    steps.aunt(cast)
    steps.away(cast)
    return [
        "/tasks/",
        "/tasks/?whose=all",
        "/tasks/sheet/",
        f"/tasks/{call.pk}/",
        f"/tasks/{order.pk}/",
        f"/tasks/{visit.task_id}/",
        f"/tasks/{visit.task_id}/sheet/",
        f"/tasks/{other.task_id}/visit/",
        f"/visits/{visit.pk}/",
        f"/visits/{other.pk}/",
        f"/families/{cast.emilys_home.pk}/plan/",
        f"/families/{cast.nours_home.pk}/plan/",
        "/hours/",
    ]


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        (360, "light", "en"),
        (360, "dark", "ar"),
        (1280, "dark", "en"),
    ],
)
def test_every_page_of_a_step_fits_and_can_be_used_by_everybody(
    sign_in: SignIn, everybody: Cast, width: int, scheme: str, language: str
) -> None:
    page = sign_in(everybody.principal, width=width, scheme=scheme, language=language)
    wrong = {}
    for path in _pages(everybody):
        page.goto(path)
        wrong[path] = look(page)
        small = page.evaluate(
            "[...document.querySelectorAll('main .btn, main summary')].filter(e => "
            "e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 40)"
            ".map(e => e.textContent.trim())"
        )
        wrong[path] += [f"too small to tap: {words}" for words in small]
    assert {path: found for path, found in wrong.items() if found} == {}
