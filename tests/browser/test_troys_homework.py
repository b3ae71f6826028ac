"""Alician and Troy, from a first sentence to what came of it: as the tutorial tells it, click by click.

docs/tutorial/homework-together.md tells the same story; where PICTURES names a folder, its pictures
are made here. What happens every evening for weeks goes through the worker's jobs; what a person decides
is pressed on a page.
"""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.models import User
from bothways.audit.models import Entry as OnRecord
from bothways.cases import tasks
from bothways.cases.enums import How, Side
from bothways.cases.models import Case, Measure, MeasurePoint
from bothways.cases.services.counting import give
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.core import clock
from bothways.messaging.models import Conversation, Delivery, Message
from bothways.messaging.services.leaving import leave_due
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.models import Guardian
from bothways.schools.models import ClosedDay
from bothways.web.family import door, entering, frame, inside
from bothways.web.family.models import FamilyCode
from browser.looking import SignIn, look
from messaging.world import FakeCarrier
from people import Cast
from web.family.homes import works

NUMBER = "+13125550101"
MONDAY = date(2026, 9, 14)  # the first word
COUNTED = date(2026, 9, 21)  # two weeks as it is, and four with the plan
BEGINS = date(2026, 10, 5)
REVIEW = date(2026, 10, 30)
OFF = date(2026, 10, 12)

UNLUCKY = "Troy never does his homework. What do you see at home in the evening?"
BETTER_FIRST = "I enjoy how [name] [does something well]."
ASKS = (
    "I enjoy how Troy explains fractions to others until they understand. This week, on Monday and Tuesday, "
    "no homework was in the tray. What do you see at home in the evening? If you like, we work it out "
    "together: I will call you on Thursday."
)
ASKS_ES = (
    "Me alegra cómo Troy explica las fracciones hasta que los demás entienden. Esta semana, el lunes y el "
    "martes, no había tarea en la bandeja. ¿Qué ve usted en casa por la tarde? Si le parece, lo resolvemos "
    "juntos: la llamo el jueves."
)
ASKS_ES = (
    "Me alegra cómo Troy explica las fracciones hasta que los demás entienden. Esta semana, el lunes y el "
    "martes, no había tarea en la bandeja. ¿Podría contarme qué hace por la tarde? Si ahora es difícil, "
    "dígamelo y buscamos otra manera. Si le parece, lo resolvemos juntos: la llamo el jueves."
)
SEES_ES = "Trabajo de noche. Él hace la tarea, pero se le olvida en la mesa. Sí, juntos, gracias."
ANSWERS = (
    "Thank you. That helps me more than anything I could see here. We look for a way together."
)
ANSWERS_ES = "Gracias. Eso me ayuda más que todo lo que puedo ver aquí. Busquemos juntos la manera."
QUESTION_ES = (
    "Troy: tareas terminadas. ¿Qué cantidad hoy? Responda con un número; 0 quiere decir ninguna."
)
MEANS = "Troy puts the day’s homework into the tray when he comes in."
MEANS_ES = "Troy pone la tarea del día en la bandeja al entrar."
HOME_ES = "Después de cenar, Troy mete la tarea en la mochila junto a la puerta."
SCHOOL_ES = "La maestra anota las tareas en el cuaderno y lo mira con Troy al empezar el día."
TROY_ES = "Troy le dice a su mamá el número cada noche."
LEVELS = (
    ("It goes as before", "Sigue como antes"),
    ("One piece on most days", "Una tarea casi todos los días"),
    ("Two pieces on most days", "Dos tareas casi todos los días"),
    ("Nearly all of them", "Casi todas"),
    ("All of them, and nobody reminds him", "Todas, y nadie se lo recuerda"),
)
LEARNED = "It was the way from the table to the bag. He packs it himself now."
GOOD = "Troy put all his homework into the tray this week, and nobody reminded him."
GOOD_ES = "Troy puso toda su tarea en la bandeja esta semana, y nadie se lo recordó."
# Of three pieces a day, by school days: ten as it is, then with the plan; None: she did not answer.
AT_HOME = [1, 0, 1, None, 0, 1, 1, 0, 2, 1] + [1, 2, 2, None, 3, 2, 3, 2, 3] + [3, 2, 3, 3, 3] * 2
AT_SCHOOL = [0, 1, 0, 1, 0, 0, 1, 0, 1, 1] + [1, 1, 2, 2, 3, 2, 2, 3, 3] + [2, 3, 3, 3, 3] * 2

T = TypeVar("T")
_texts = count()


class Story:
    """Who does what; each function below is one chapter and ends where the next begins."""

    def __init__(
        self, cast: Cast, sign_in: SignIn, carrier: FakeCarrier, at: Path, phone: Page
    ) -> None:
        self.cast, self.sign_in, self.carrier, self.at = cast, sign_in, carrier, at
        self.page = sign_in(cast.mrs_c)
        self.phone = phone
        self.worker = ThreadPoolExecutor(1)
        self.asked: dict[date, int] = {}

    @property
    def case(self) -> Case:
        return Case.objects.get()

    @property
    def measure(self) -> Measure:
        return Measure.objects.get()

    def clock(self, day: date, hour: int, minute: int = 0) -> None:
        zone = self.cast.district.zone
        clock.stop_at(self.at, datetime.combine(day, time(hour, minute), zone))

    def behind(self, work: Callable[[], T]) -> T:
        """In a thread of its own, as the worker does it: the browser's event loop runs in this one."""
        return self.worker.submit(work).result()

    def end(self) -> None:
        self.behind(lambda: connection.close())
        self.worker.shutdown()

    def minute(self) -> int:
        """What the worker does in a minute; how many texts went out."""

        def work() -> int:
            before = len(self.carrier.sent)
            leave_due(at=clock.now())
            tasks.ask()
            send_due(self.cast.district, urgent=False)
            return len(self.carrier.sent) - before

        return self.behind(work)

    def texts(self, body: str) -> None:
        """Alician writes from her phone."""

        def work() -> None:
            key = f"SM{next(_texts)}"
            store("twilio", [Event(EventKind.INBOUND, key, from_=NUMBER, to="+1500", body=body)])
            apply_waiting()
            tasks.ask()

        self.behind(work)

    def got(self) -> str:
        """The newest text on her phone."""
        return str(self.carrier.sent[-1].versions[0].body)

    def open(self, step: str = "") -> None:
        self.page.goto(f"/cases/{self.case.pk}/{step}")

    def keep(self, button: str = "Keep") -> None:
        """Press the button of a step; the case says that it is done."""
        self.page.locator("form.sheet").get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator(".notice.success").first).to_be_visible()

    def go_on(self, to: str) -> None:
        """To the next stage: nothing is missing."""
        self.open()
        self.page.locator("section.now").get_by_role("link", name=re.compile("^Go on")).click()
        expect(self.page.locator("main ul.plainlist")).to_have_count(0)
        self.keep("Go on")
        expect(self.page.locator(".stagebar [aria-current=step]")).to_have_text(to)

    def fine(self) -> None:
        """The page of the school is right at both widths."""
        wrong = []
        for width in (360, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            wrong += [f"{width} px, {self.page.url}: {one}" for one in look(self.page)]
        assert wrong == []

    def hers(self) -> Page:
        """Alician's own page of the case, on her phone, in Spanish; through the second proof if need be."""
        phone = self.phone
        phone.goto("/home/cases")
        if phone.locator("#contact").count():
            phone.fill("#contact", "(312) 555-0101")
            phone.locator("form:has(#contact) button").first.click()
            phone.fill("#code", self.behind(self.code))
            phone.locator("main form button.first").click()
            phone.wait_for_url(re.compile(r"/home(/cases)?(\?|$)"))
            phone.goto("/home/cases?lang=es")
        phone.locator("main a", has_text="Troy").click()
        expect(phone.locator("h1")).to_contain_text("La tarea por la tarde")
        return phone

    def code(self) -> str:
        door.send_code(FamilyCode.objects.latest("pk").pk)
        found = re.search(r"\b(\d{6})\b", self.got())
        assert found is not None
        return found[1]

    def hers_is_fine(self) -> None:
        assert look(self.phone) == []


def shot(page: Page, name: str, part: Locator, *, most: int = 900, wide: int = 1280) -> None:
    """Where PICTURES names a folder, a picture of this part for the tutorial, at most so many px."""
    if folder := os.environ.get("PICTURES"):
        page.evaluate("document.activeElement.blur()")
        part.scroll_into_view_if_needed()
        box = part.bounding_box()
        assert box is not None
        scrolled = page.evaluate("scrollY")
        page.screenshot(
            path=Path(folder) / f"{name}.png",
            full_page=True,
            clip={
                "x": max(0, box["x"] - 16),
                "y": box["y"] + scrolled - 16,
                "width": min(box["width"] + 32, wide),
                "height": min(box["height"] + 32, most),
            },
        )


@pytest.fixture
def story(
    at: Path,
    carrier: FakeCarrier,
    monkeypatch: pytest.MonkeyPatch,
    everybody: Cast,
    sign_in: SignIn,
    browser: Browser,
    live_server: LiveServer,
) -> Iterator[Story]:
    for throttle in (frame.misses, inside.sending, entering.asking, entering.typing):
        throttle.forget()
    monkeypatch.setattr(door, "carrier_for", lambda _channel: carrier)
    alician = everybody.alician
    Guardian.objects.filter(pk=alician.pk).update(reads="es", speaks="es")
    works(alician)
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 360, "height": 740}, locale="es"
    )
    made = Story(everybody, sign_in, carrier, at, context.new_page())
    yield made
    made.end()
    context.close()


def test_alician_troy_and_mrs_c_from_a_first_sentence_to_what_came_of_it(story: Story) -> None:
    she_begins_with_what_is_good(story)
    she_asks_and_the_coach_helps(story)
    alician_answers_by_text(story)
    nobody_else_opens_it(story)
    alician_says_yes(story)
    they_mean_the_same(story)
    two_weeks_as_it_is(story)
    a_plan_with_two_parts(story)
    four_weeks_with_it(story)
    did_it_help(story)
    it_ends_with_something_good(story)


def she_begins_with_what_is_good(story: Story) -> None:
    """From the page of the family: what is good, what is seen, what it is about."""
    page = story.page
    story.clock(MONDAY + timedelta(days=1), 15)
    page.goto(f"/families/{story.cast.troys_home.pk}/")
    page.get_by_role("link", name="Begin a case: Troy").click()
    page.fill("#id_strengths", "Troy explains fractions to others until they understand.")
    page.fill("#id_sees", "On Monday and Tuesday no homework was in the tray.")
    page.fill("#id_title", "Homework in the evening")
    page.fill("#id_title-es", "La tarea por la tarde")
    expect(page.get_by_label("Alician Washington")).to_be_checked()
    story.fine()
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.locator("h1")).to_have_text("Ask the family")
    assert (story.case.student, story.case.consent) == (story.cast.troy, "not_asked")


def she_asks_and_the_coach_helps(story: Story) -> None:
    """The first sentence is an unlucky one: the coach says why, and its better words go in."""
    page = story.page
    page.fill("#id_words", UNLUCKY)
    expect(page.locator(".coach-line[data-rule=absolute]")).to_contain_text(
        "seldom true of a child"
    )
    shot(page, "homework-coach", page.locator("form.sheet"), most=1095)
    story.fine()
    page.locator(".coach-line[data-rule=only_bad] [data-coach-put]").click()
    expect(page.locator("#id_words")).to_have_value(f"{BETTER_FIRST} {UNLUCKY}")
    page.fill("#id_words", ASKS)
    expect(page.locator("[data-coach=id_words] .coach-said")).to_contain_text("Nothing stands out")
    page.fill("#id_words-es", ASKS_ES)
    story.keep("Send")
    assert story.minute() == 1
    assert story.got().startswith(f"Lincoln Elementary: {ASKS_ES}")
    assert story.case.askings.get().words == ASKS_ES


def alician_answers_by_text(story: Story) -> None:
    """Her words, in her language, beside those of the school; and they wait for an answer like all words."""
    page = story.page
    story.clock(MONDAY + timedelta(days=1), 21)
    story.texts(SEES_ES)
    story.clock(MONDAY + timedelta(days=2), 8)
    story.open()
    quote = page.locator(".half", has=page.locator("h3", has_text="Home")).locator("blockquote")
    expect(quote).to_have_text(SEES_ES)
    expect(quote).to_have_attribute("lang", "es")
    expect(page.locator(".half", has_text="explains fractions")).to_have_count(1)
    (words,) = story.case.contributions.filter(member__guardian=story.cast.alician)
    assert (words.words, words.language, words.how, words.word_class) == (
        SEES_ES,
        "es",
        "text",
        "speaker_only",
    )
    story.fine()
    shot(page, "homework-sees", page.locator("section:has(#sees)"), most=340)
    talk = Conversation.objects.get(student=story.cast.troy)
    assert talk.waiting_since is not None
    page.goto(f"/inbox/{talk.pk}/")
    page.locator("#answer textarea[name=words]").fill(ANSWERS)
    page.get_by_role("button", name="Show it in Spanish").click()
    page.locator("#answer textarea[name=translation]").fill(ANSWERS_ES)
    page.get_by_role("button", name="Send in Spanish").click()
    expect(page.locator(".ours .words[lang=es]").last).to_have_text(ANSWERS_ES)
    story.minute()
    assert ANSWERS_ES in story.got()
    talk.refresh_from_db()
    assert talk.waiting_since is None


def nobody_else_opens_it(story: Story) -> None:
    """Not by role: who is no member finds nothing there."""
    cast, path = story.cast, f"/cases/{story.case.pk}/"
    for colleague in (cast.principal, cast.counselor, cast.admin, cast.teacher_elsewhere):
        assert status(story, colleague, path) == 404, colleague
    looks = OnRecord.objects.filter(event="case.seen", object_id=story.case.pk)
    assert set(looks.values_list("user_id", flat=True)) == {cast.mrs_c.pk}


def status(story: Story, colleague: User, path: str) -> int:
    page = story.sign_in(colleague)
    answer = page.goto(path)
    assert answer is not None
    page.context.close()
    return answer.status


def alician_says_yes(story: Story) -> None:
    """On her own page, behind the second proof; and she lets everybody in the case read her words."""
    phone = story.hers()
    assert phone.locator("html").get_attribute("lang") == "es"
    expect(phone.locator("section:has(#good)")).to_contain_text("explains fractions")
    story.hers_is_fine()
    phone.get_by_role("button", name="Sí, resolvámoslo juntos").click()
    expect(phone.locator("#consent")).to_have_count(0)
    phone.get_by_role("button", name="Que todos aquí puedan leerlo").click()
    expect(phone.get_by_role("button", name="Que todos aquí puedan leerlo")).to_have_count(0)
    case = story.case
    assert (case.consent, case.consent_how, case.consent_by) == (
        "given",
        "page",
        story.cast.alician,
    )
    words = case.contributions.get(member__guardian=story.cast.alician)
    assert words.word_class == "family"


def they_mean_the_same(story: Story) -> None:
    """One description that a camera would see; she finds the words right."""
    page = story.page
    story.clock(MONDAY + timedelta(days=3), 15)
    story.go_on("One shared description")
    page.get_by_role("link", name="Do this").click()
    page.fill("#id_definition", MEANS)
    page.fill("#id_definition-es", MEANS_ES)
    story.keep()
    expect(page.locator("section:has(#meaning)")).to_contain_text("Home has not agreed yet")
    phone = story.hers()
    expect(phone.locator("section:has(#meaning) .letter")).to_have_text(MEANS_ES)
    phone.get_by_role("button", name="Estas palabras están bien").click()
    expect(phone.locator("section:has(#meaning)")).to_contain_text("La familia estuvo de acuerdo")
    story.open()
    expect(page.locator("section:has(#meaning)")).to_contain_text("Home agreed on")


def two_weeks_as_it_is(story: Story) -> None:
    """Home is asked by text on school days; school gives one tap, or types the week in."""
    page = story.page
    story.clock(COUNTED, 8)
    story.go_on("How it is now")
    page.get_by_role("link", name="Do this").click()
    page.fill("#id_what", "pieces of homework done")
    page.fill("#id_what-es", "tareas terminadas")
    page.select_option("#id_who", "both")
    page.select_option("#id_ask_home", "day")
    page.fill("#id_starts_on", f"{COUNTED:%Y-%m-%d}")
    page.fill("#id_ends_on", f"{REVIEW:%Y-%m-%d}")
    story.keep()
    days = school_days(COUNTED, BEGINS)
    story.clock(days[0], 14)
    page.goto("/")
    taps = page.locator("section:has(#case-taps)")
    expect(taps).to_contain_text("Troy")
    story.fine()
    taps.locator(f"button[name=value][value='{AT_SCHOOL[0]}']").click()
    expect(page.locator("section:has(#case-taps)")).to_have_count(0)
    for number, day in enumerate(days):
        if 0 < number < 5:
            school_says(story, day, AT_SCHOOL[number])
        the_evening(story, day, AT_HOME[number])
    assert story.got().startswith(f"Lincoln Elementary: {QUESTION_ES}\n")
    story.open()
    page.get_by_role("link", name="Type in numbers").click()
    for number, day in list(enumerate(days))[5:]:
        page.fill(f"#id_school-{day.isoformat()}", str(AT_SCHOOL[number]))
    story.fine()
    story.keep()
    assert given(Side.SCHOOL) == AT_SCHOOL[:10]
    assert given(Side.HOME) == [n for n in AT_HOME[:10] if n is not None]
    assert story.asked == dict.fromkeys(days, 1)


def school_days(first: date, end: date) -> list[date]:
    """From the first day up to the day before the last."""
    every = [first + timedelta(days=n) for n in range((end - first).days)]
    return [day for day in every if day.weekday() < 5]


def school_says(story: Story, day: date, number: int) -> None:
    story.clock(day, 14)
    give(
        measure=story.measure,
        day=day,
        value=Decimal(number),
        side=Side.SCHOOL,
        how=How.TAP,
        by=story.cast.mrs_c,
    )


def the_evening(story: Story, day: date, answer: int | None) -> None:
    """At her hour the question comes; an hour later she answers, or does not."""
    story.clock(day, 18, 5)
    if sent := story.minute() + story.minute():
        story.asked[day] = sent
    if answer is not None:
        story.clock(day, 19)
        story.texts(str(answer))


def given(side: Side) -> list[int]:
    points = MeasurePoint.objects.filter(side=side.value).order_by("day")
    return [int(value) for value in points.values_list("value", flat=True)]


def a_plan_with_two_parts(story: Story) -> None:
    """What home does, what school does, and what Troy does; and what reaching it would look like."""
    page = story.page
    story.clock(BEGINS, 7)
    story.go_on("The plan")
    page.get_by_role("link", name="Do this").click()
    for name, english, spanish in (
        ("home_part", "After supper Troy packs his homework into the bag by the door.", HOME_ES),
        (
            "school_part",
            "Mrs. C writes the tasks into his notebook and looks at it with him first thing.",
            SCHOOL_ES,
        ),
        ("student_part", "Troy tells his mother the number every evening.", TROY_ES),
        *((f"level_{n}", english, spanish) for n, (english, spanish) in enumerate(LEVELS)),
    ):
        page.fill(f"#id_{name}", english)
        page.fill(f"#id_{name}-es", spanish)
    page.fill("#id_starts_on", f"{BEGINS:%Y-%m-%d}")
    page.fill("#id_review_on", f"{REVIEW:%Y-%m-%d}")
    story.fine()
    story.keep()
    story.go_on("Try it")
    phone = story.hers()
    for words in (HOME_ES, SCHOOL_ES, TROY_ES, LEVELS[2][1]):
        expect(phone.locator("section:has(#plan)")).to_contain_text(words)
    story.hers_is_fine()


def four_weeks_with_it(story: Story) -> None:
    """On a day without school and on Saturdays nobody is asked."""
    ClosedDay.objects.create(district=story.cast.district, day=OFF, title="No school")
    days = [day for day in school_days(BEGINS, REVIEW + timedelta(days=1)) if day != OFF]
    numbers = dict(zip(days, zip(AT_HOME[10:], AT_SCHOOL[10:], strict=True), strict=True))
    for day in (BEGINS + timedelta(days=n) for n in range((REVIEW - BEGINS).days + 1)):
        home, school = numbers.get(day, (None, None))
        if school is not None:
            school_says(story, day, school)
        the_evening(story, day, home)
    assert story.asked == dict.fromkeys([*school_days(COUNTED, BEGINS), *days], 1)
    assert given(Side.HOME) == [n for n in AT_HOME if n is not None]
    assert given(Side.SCHOOL) == AT_SCHOOL
    hows = MeasurePoint.objects.filter(side=Side.HOME.value).values_list("how", flat=True)
    assert set(hows) == {"text"}


def did_it_help(story: Story) -> None:
    """Both look at the same picture, each in their own words; both say how far they got."""
    page = story.page
    story.clock(REVIEW, 20)
    story.open()
    numbers = page.locator("section:has(#numbers)")
    for side in ("Home", "School"):
        expect(numbers).to_contain_text(f"{side}, plan 1: better than before")
    expect(numbers).to_contain_text("how much oftener a day with the plan is better")
    expect(numbers.locator("svg line.phase")).to_have_count(1)
    expect(numbers.locator("g.home circle")).to_have_count(len(given(Side.HOME)))
    expect(numbers.locator("g.school rect")).to_have_count(len(given(Side.SCHOOL)))
    story.fine()
    shot(page, "homework-plot", numbers, most=785, wide=730)
    phone = story.hers()
    hers = phone.locator("section:has(#numbers)")
    expect(hers).to_contain_text("Con el plan va mejor que antes.")
    expect(hers.locator("g.home circle")).to_have_count(len(given(Side.HOME)))
    expect(hers.locator("g.school rect")).to_have_count(len(given(Side.SCHOOL)))
    drawn_right(hers)
    story.hers_is_fine()
    shot(phone, "homework-home-360", hers)
    phone.get_by_label(LEVELS[4][1]).check()
    phone.locator("section:has(#plan)").get_by_role("button").click()
    phone.wait_for_url(re.compile("saved=1"))
    story.go_on("Did it help?")
    page.get_by_role("link", name="Say how far we got").click()
    page.get_by_label(LEVELS[3][0]).check()
    story.keep()
    numbers = page.locator("section:has(#numbers)")
    expect(numbers).to_contain_text(f"Alician Washington: {LEVELS[4][0]}")
    expect(numbers).to_contain_text("where 50 is “as hoped”")
    plan = story.case.plans.get()
    assert sorted(plan.ratings.values_list("member__part", "level")) == [("family", 2), ("lead", 1)]


def drawn_right(numbers: Locator) -> None:
    """Each point in its place: a day later is farther on, and more is higher up."""
    points = numbers.locator("g.home circle").all()
    places = [
        (point.get_attribute("cx") or "", point.get_attribute("cy") or "") for point in points
    ]
    across = [float(cx) for cx, _cy in places]
    assert across == sorted(set(across))
    heights = {n: float(cy) for n, (_cx, cy) in zip(given(Side.HOME), places, strict=True)}
    assert sorted(heights, key=lambda n: heights[n]) == [3, 2, 1, 0]


def it_ends_with_something_good(story: Story) -> None:
    """Together they decide that it is reached; the family hears something good, and is asked no more."""
    page = story.page
    story.go_on("Keep, change or end")
    page.get_by_role("link", name="Keep, change or end").click()
    page.locator("input[name=what][value=end]").check()
    page.select_option("#id_why", "reached")
    page.fill("#id_words", LEARNED)
    story.keep()
    expect(page.locator("main")).to_contain_text(LEARNED)
    story.fine()
    page.get_by_role("link", name="Tell the family something good").click()
    assert page.locator("input[name=tone][value=good]").is_checked()
    page.fill("#body-en", GOOD)
    page.fill("#body-es", GOOD_ES)  # it stands open: nobody here reads anything else
    page.locator(".go >> text=Look at it").click()
    page.locator("button[value=now]").click()
    page.wait_for_url(re.compile(r"/sent/"))
    story.clock(REVIEW + timedelta(days=3), 9)
    assert story.minute() == 1
    assert GOOD_ES in story.got()
    good = Message.objects.latest("pk")
    assert (good.tone, good.student) == ("good", story.cast.troy)
    assert Delivery.objects.get(message=good).household == story.cast.troys_home
    story.clock(REVIEW + timedelta(days=3), 18, 5)
    assert story.minute() == 0
    phone = story.hers()
    expect(phone.locator("main")).to_contain_text("Esto terminó el")
    expect(phone.locator("section:has(#numbers) svg").first).to_be_visible()
    case = story.case
    assert (case.closed_why, case.closed_words) == ("reached", LEARNED)
