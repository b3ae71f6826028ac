"""The homework story: Alician and Troy, from the first word to what came of it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.cases import tasks
from bothways.cases.enums import (
    Better,
    Ended,
    Every,
    How,
    Kind,
    Side,
    Stage,
    Verdict,
)
from bothways.cases.models import Case, Measure, MeasurePoint
from bothways.cases.queries import Analysis, analyses, calendar_of, loaded
from bothways.cases.services.agreeing import agree, define, move
from bothways.cases.services.counting import Counted, count, give, give_at_home
from bothways.cases.services.opening import Beginning, close, note_consent, open_case
from bothways.cases.services.planning import Draft, begin_plan, rate
from bothways.cases.services.speaking import ask_home
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.core import clock
from bothways.messaging.models import Conversation
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.models import Enrollment, Guardian, Student
from bothways.schools.models import ClosedDay
from messaging.world import FakeCarrier, World
from people import section, staff

NUMBER = "+13125550101"
FIRST = date(2026, 9, 14)  # a Monday
_texts = iter(range(100_000))


@dataclass
class Story:
    world: World
    carrier: FakeCarrier
    at: Path
    mrs_c: User
    troy: Student
    alician: Guardian

    def clock(self, day: date, hour: int, minute: int = 0) -> None:
        zone = self.world.district.zone
        clock.stop_at(self.at, datetime.combine(day, time(hour, minute), zone))

    def minute(self) -> None:
        """What a worker does in a minute."""
        tasks.ask()
        send_due(self.world.district, urgent=False)

    def texts(self, body: str) -> None:
        store(
            "twilio",
            [Event(EventKind.INBOUND, f"SM{next(_texts)}", from_=NUMBER, to="+1500", body=body)],
        )
        apply_waiting()
        tasks.ask()

    def got(self) -> list[str]:
        return [version.body for out in self.carrier.sent for version in out.versions]


@pytest.fixture
def story(world: World, carrier: FakeCarrier, at: Path) -> Story:
    mrs_c = staff("Clara", Role.TEACHER, world.district, world.school)
    troy = world.student("Troy")
    Enrollment.objects.create(
        district=world.district,
        student=troy,
        section=section("Room 12", world.school, mrs_c),
    )
    alician = world.guardian("Alician", mobile=NUMBER, reads="es", speaks="es")
    world.home(troy, guardians=[alician])
    return Story(world, carrier, at, mrs_c, troy, alician)


def begin(story: Story) -> Case:
    return open_case(
        student=story.troy,
        beginning=Beginning(
            "Homework in the evening",
            "Troy explains fractions to others so that they understand.",
            "Two of five tasks came in this week.",
            "en",
            {"es": "La tarea por la tarde"},
        ),
        guardians=[story.alician],
        by=story.mrs_c,
        form_key="f1",
    )


def looked(case: Case) -> Analysis:
    found = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
    today = clock.today(case.district.timezone)
    (one,) = analyses(found, today, calendar_of(case.district))
    return one


def test_troys_homework_is_carried_from_the_first_word_to_what_came_of_it(story: Story) -> None:
    case = begin(story)
    ask_home(
        case=case,
        bodies={
            "es": "Troy explica las fracciones muy bien. ¿Qué ve usted en casa? ¿Lo resolvemos juntos?"
        },
        by=story.mrs_c,
    )
    story.minute()
    assert "¿Qué ve usted en casa?" in story.got()[-1]

    story.texts("Trabajo de noche y él está cansado. Sí, juntos, gracias")
    (hers,) = case.contributions.filter(member__guardian=story.alician)
    assert (hers.words, hers.language, hers.word_class, hers.how) == (
        "Trabajo de noche y él está cansado. Sí, juntos, gracias",
        "es",
        "speaker_only",
        "text",
    )

    note_consent(case=case, guardian=story.alician, given=True, how=How.TEXT, by=story.mrs_c)
    move(case=case, to=Stage.DEFINITION, by=story.mrs_c)
    define(
        case=case,
        definition="Troy puts the day’s homework into the tray when he comes in.",
        said_in={"es": "Troy pone la tarea del día en la bandeja al entrar."},
        by=story.mrs_c,
    )
    agree(case=case, by=story.alician)
    move(case=case, to=Stage.BASELINE, by=story.mrs_c)
    measure = count(
        case=case,
        counted=Counted(
            "pieces of homework done",
            Kind.COUNT,
            Better.UP,
            FIRST,
            FIRST + timedelta(days=4),
            home=True,
            school=True,
            ask_home=Every.DAY,
            said_in={"es": "tareas hechas"},
        ),
        by=story.mrs_c,
    )

    # A week as it is, a day off in the fourth week, five weeks with the plan.
    off = FIRST + timedelta(days=7 * 3 + 2)
    ClosedDay.objects.create(district=story.world.district, day=off, title="Teachers’ day")
    evenings = [1, 0, 1, 2, 0] + [2, 3, 2, 3, 3] * 5
    asked = 0
    school_days = [FIRST + timedelta(days=7 * week + n) for week in range(6) for n in range(5)]
    for number, day in enumerate(school_days):
        if number == 5:
            plan_it(story, case, day)
        story.clock(day, 15)
        if day != off:
            give(
                measure=Measure.objects.get(pk=measure.pk),
                day=day,
                value=Decimal(min(evenings[number], 2)),
                side=Side.SCHOOL,
                how=How.TAP,
                by=story.mrs_c,
            )
        before = len(story.carrier.sent)
        story.clock(day, 18, 5)
        story.minute()
        story.minute()
        asked += len(story.carrier.sent) - before
        if day != off and day.weekday() != 3:  # on Thursdays nobody answers
            story.clock(day, 19)
            story.texts(str(evenings[number]))
    assert asked == 29
    assert "tareas hechas" in story.got()[-1]
    # Her words are owed an answer since the first day; what was only a number added nothing to it.
    talk = Conversation.objects.get(student=story.troy)
    assert talk.waiting_since == hers.at

    # Saturday: nobody is asked; after the review nobody is asked any more.
    before = len(story.carrier.sent)
    for day in (date(2026, 10, 24), date(2026, 10, 26), date(2026, 10, 27)):
        story.clock(day, 18, 5)
        story.minute()
    assert len(story.carrier.sent) == before

    seen = looked(case)
    assert [(s.side, len(s.dots)) for s in seen.series] == [(Side.HOME, 23), (Side.SCHOOL, 29)]
    assert [s.compared[0].verdict for s in seen.series] == [Verdict.BETTER, Verdict.BETTER]
    assert seen.verdict is Verdict.BETTER

    move(case=case, to=Stage.HELPED, by=story.mrs_c)
    plan = case.plans.get()
    rate(plan=plan, level=1, by=story.mrs_c)
    rate(plan=plan, level=2, by=story.alician)
    move(case=case, to=Stage.DECIDE, by=story.mrs_c)
    case = close(case=case, why=Ended.REACHED, words="It goes by itself now.", by=story.mrs_c)
    assert (case.closed_why, case.stage, case.consent) == ("reached", "decide", "given")
    assert [(e.before, e.after) for e in case.events.filter(kind="stage").order_by("pk")] == [
        ("sees", "definition"),
        ("definition", "baseline"),
        ("baseline", "plan"),
        ("plan", "try"),
        ("try", "helped"),
        ("helped", "decide"),
    ]


def plan_it(story: Story, case: Case, day: date) -> None:
    story.clock(day, 8)
    move(case=case, to=Stage.PLAN, by=story.mrs_c)
    begin_plan(
        case=case,
        draft=Draft(
            "Homework right after the snack, phone in the kitchen.",
            "Mrs. C writes the tasks into Troy’s notebook and looks at it first thing.",
            day,
            FIRST + timedelta(days=7 * 5 + 4),
            "Troy packs his bag before supper.",
            ("none", "one", "two", "three", "four and more"),
        ),
        by=story.mrs_c,
    )
    move(case=case, to=Stage.TRY, by=story.mrs_c)


def test_an_answer_in_the_morning_counts_for_the_evening_before_and_a_newer_one_replaces_it(
    story: Story,
) -> None:
    measure = running(story)
    story.clock(FIRST, 18, 5)
    story.minute()
    story.clock(FIRST, 19)
    story.texts("2")
    story.clock(FIRST + timedelta(days=1), 7, 30)
    story.texts("3")
    point = MeasurePoint.objects.get(measure=measure)
    assert (point.day, point.side, point.value, point.how) == (FIRST, "home", Decimal(3), "text")
    assert [before.value for before in point.before.all()] == [Decimal(2)]


def test_whoever_wrote_the_number_on_the_page_is_not_asked_by_text(story: Story) -> None:
    measure = running(story)
    give_at_home(measure=measure, day=FIRST, value=Decimal(1), guardian=story.alician)
    story.clock(FIRST, 18, 5)
    story.minute()
    assert story.got() == []


def test_an_answer_after_the_case_closed_is_kept_as_a_reply_and_counts_nowhere(
    story: Story,
) -> None:
    measure = running(story)
    story.clock(FIRST, 18, 5)
    story.minute()
    close(case=measure.case, why=Ended.OTHER, words="", by=story.mrs_c)
    story.texts("2")
    assert MeasurePoint.objects.count() == 0


@pytest.mark.parametrize("bar", [True, False])
def test_a_barred_parent_is_asked_nothing(story: Story, bar: bool) -> None:
    running(story)
    if bar:
        story.world.bar(story.troy, story.alician)
    story.clock(FIRST, 18, 5)
    story.minute()
    assert len(story.got()) == (0 if bar else 1)


def running(story: Story) -> Measure:
    case = begin(story)
    note_consent(case=case, guardian=story.alician, given=True, how=How.CALL, by=story.mrs_c)
    return count(
        case=case,
        counted=Counted(
            "homework done",
            Kind.COUNT,
            Better.UP,
            FIRST,
            FIRST + timedelta(days=20),
            home=True,
            ask_home=Every.DAY,
        ),
        by=story.mrs_c,
    )
