"""Cases: who reads what, stages, plans, silent families, days off, danger, the end."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty
from bothways.accounts.services import end_role
from bothways.audit.models import Entry as AuditEntry
from bothways.cases import rules
from bothways.cases.enums import (
    About,
    Better,
    Ended,
    Every,
    How,
    Kind,
    Part,
    Side,
    Stage,
    Verdict,
)
from bothways.cases.models import Case, CaseAlert, Contribution, Measure, MeasurePoint, Plan
from bothways.cases.queries import (
    analyses,
    calendar_of,
    cases_for,
    facts,
    family_cases,
    loaded,
    loaded_for_turns,
    may_be_invited,
    member_of,
    readable,
    reader_for,
    to_tap,
    without_lead,
)
from bothways.cases.refusals import AnotherPlanRuns, NotYet, NotYours, Unusable
from bothways.cases.rules import Facts, Phase
from bothways.cases.services.agreeing import agree, define, move
from bothways.cases.services.counting import Counted, count, give, give_at_home
from bothways.cases.services.opening import (
    Beginning,
    close,
    invite_family,
    invite_staff,
    invite_student,
    note_consent,
    open_again,
    open_case,
    take_over,
)
from bothways.cases.services.planning import Draft, begin_plan
from bothways.cases.services.speaking import Words, ask_home, note, note_asked, say, say_at_home
from bothways.core import clock
from bothways.messaging.models import Alert
from bothways.people.enums import RestrictionKind, WordClass
from bothways.people.models import Guardian
from bothways.schools.models import ClosedDay
from people import Cast, bar, guardian, home
from people import cast as everybody_of
from web import cases_made

TODAY = date(2026, 9, 14)


@pytest.fixture
def cast(db: None, at: object) -> Cast:
    return everybody_of()


def words(text: str, who: WordClass = WordClass.FAMILY, language: str = "en") -> Words:
    return Words(text, language, About.SEES, who, How.PAGE)


def father_of_troy(cast: Cast) -> Guardian:
    """He lives elsewhere, and has standing for Troy."""
    father = guardian(cast.district, "Andre", "Washington", email="andre@example.org")
    home([cast.troy], [father], "father")
    return father


def read_by(case: Case, who: object) -> list[str]:
    member = next(m for m in case.members.all() if m.person == who)
    found = readable(case.contributions.order_by("pk"), member, reader_for(member, case))
    return [one.words for one in found]


def test_no_role_opens_a_case_of_which_one_is_no_member(cast: Cast) -> None:
    case = cases_made.begun(cast)
    who = {role: user for role, user in cast.by_role().items() if user is not None}
    assert {role for role, user in who.items() if cases_for(user).exists()} == {"teacher"}
    for user in who.values():
        if user != cast.mrs_c:
            with pytest.raises(NotYours):
                say(case=case, words=words("I read along."), by=user, form_key="x")


def test_whoever_left_the_school_reads_nothing_more(cast: Cast) -> None:
    cases_made.begun(cast)
    end_role(user=cast.mrs_c, role=Role.TEACHER, school=cast.elementary)
    assert not cases_for(cast.mrs_c).exists()


def test_only_the_parent_who_was_asked_in_finds_the_case_and_a_barred_one_never(cast: Cast) -> None:
    case, now = cases_made.begun(cast), clock.now()
    father = father_of_troy(cast)
    assert list(family_cases(cast.alician, now)) == [case]
    assert list(family_cases(father, now)) == []
    invite_family(case=case, guardian=father, by=cast.mrs_c)
    assert list(family_cases(father, now)) == [case]
    bar(father, cast.troy, RestrictionKind.CONTACT)
    assert list(family_cases(father, now)) == []
    with pytest.raises(NotYours):
        say_at_home(case=case, guardian=father, words=words("Hello"), form_key="f")


def test_a_barred_parent_can_neither_begin_with_nor_be_asked_in(cast: Cast) -> None:
    with pytest.raises(Unusable, match="may not be told"):
        cases_made.of(cast, cast.luis, cast.hector, "h")
    case = cases_made.of(cast, cast.luis, cast.elena, "e")
    assert may_be_invited(case, clock.now()) == []
    with pytest.raises(Unusable, match="may not be told"):
        invite_family(case=case, guardian=cast.hector, by=cast.mrs_c)


def test_what_one_parent_says_in_confidence_the_other_does_not_read(cast: Cast) -> None:
    case, father = cases_made.begun(cast), father_of_troy(cast)
    invite_family(case=case, guardian=father, by=cast.mrs_c)
    say_at_home(case=case, guardian=cast.alician, words=words("For all."), form_key="a")
    say_at_home(
        case=case,
        guardian=cast.alician,
        words=words("For the school.", WordClass.SPEAKER_ONLY),
        form_key="b",
    )
    assert read_by(case, father)[-1:] == ["For all."]
    assert read_by(case, cast.alician)[-2:] == ["For all.", "For the school."]
    assert read_by(case, cast.mrs_c)[-2:] == ["For all.", "For the school."]


def test_what_the_student_said_the_family_reads_only_if_the_student_says_so(cast: Cast) -> None:
    case = cases_made.begun(cast)
    troy = invite_student(case=case, by=cast.mrs_c)
    for text, who in (
        ("I am tired.", WordClass.STUDENT_VOICE),
        ("Tell mom I can do it.", WordClass.FAMILY),
    ):
        note(case=case, member=troy, words=words(text, who), by=cast.mrs_c, form_key=text)
    assert read_by(case, cast.alician)[-1] == "Tell mom I can do it."
    assert "I am tired." not in read_by(case, cast.alician)
    assert "I am tired." in read_by(case, cast.mrs_c)


@given(
    st.sampled_from(WordClass),
    st.sampled_from(Part),
    st.booleans(),
)
def test_nobody_at_home_reads_what_is_not_for_the_family(
    what: WordClass, part: Part, protected: bool
) -> None:
    reads = rules.may_read(what, rules.Reader(part, protected), own=False)
    if part in (Part.FAMILY, Part.STUDENT, Part.INTERPRETER) and what is not WordClass.FAMILY:
        assert reads is False
    if what is WordClass.PROTECTED and not protected:
        assert reads is False


def test_words_of_danger_alarm_the_duty_and_are_read_by_nobody_else(cast: Cast) -> None:
    Duty.objects.create(district=cast.district, school=cast.elementary, user=cast.duty)
    case = cases_made.begun(cast)
    invite_staff(case=case, user=cast.liaison, part=Part.LIAISON, by=cast.mrs_c)
    made = say(
        case=case,
        words=words("He told me that his uncle wants to kill him."),
        by=cast.mrs_c,
        form_key="d",
    )
    assert (made.danger, made.word_class) == (True, "protected")
    assert [alert.user for alert in CaseAlert.objects.all()] == [cast.duty]
    assert made.words in read_by(case, cast.mrs_c)
    assert made.words not in read_by(case, cast.alician)
    assert made.words not in read_by(case, cast.liaison)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contribution.objects.filter(pk=made.pk).update(word_class="family")


def test_a_parents_words_of_danger_go_where_all_of_them_go(cast: Cast) -> None:
    Duty.objects.create(district=cast.district, school=cast.elementary, user=cast.duty)
    case = cases_made.begun(cast)
    made = say_at_home(
        case=case,
        guardian=cast.alician,
        words=words("My brother said he will kill Troy."),
        form_key="d",
    )
    assert made.word_class == "protected"
    assert [alert.entry for alert in Alert.objects.filter(user=cast.duty)] == [made.entry]


def test_a_stage_goes_on_when_what_it_needs_is_there_and_back_at_any_time(cast: Cast) -> None:
    case = cases_made.begun(cast)
    with pytest.raises(NotYet, match="has not said yet") as refused:
        move(case=case, to=Stage.DEFINITION, by=cast.mrs_c, why="I want to")
    assert not refused.value.soft  # type: ignore[union-attr]
    note_consent(case=case, guardian=cast.alician, given=True, how=How.CALL, by=cast.mrs_c)
    with pytest.raises(NotYet, match="not heard yet") as soft:
        move(case=case, to=Stage.DEFINITION, by=cast.mrs_c)
    assert soft.value.soft  # type: ignore[union-attr]
    move(case=case, to=Stage.DEFINITION, by=cast.mrs_c, why="She said it on the phone.")
    with pytest.raises(NotYet, match="no shared description"):
        move(case=case, to=Stage.BASELINE, by=cast.mrs_c, why="-")
    with pytest.raises(NotYet, match="One stage"):
        move(case=case, to=Stage.TRY, by=cast.mrs_c, why="-")
    move(case=case, to=Stage.SEES, by=cast.mrs_c)
    assert [(e.before, e.after, e.words) for e in case.events.filter(kind="stage")] == [
        ("sees", "definition", "She said it on the phone."),
        ("definition", "sees", ""),
    ]


def test_changed_words_ask_both_sides_again(cast: Cast) -> None:
    case = cases_made.running(cast)
    assert case.home_agreed_at is not None
    case = define(case=case, definition="Something else.", said_in={}, by=cast.mrs_c)
    assert (case.home_agreed_at, case.school_agreed_at is not None) == (None, True)
    case = agree(case=case, by=cast.alician)
    assert case.home_agreed_at is not None


def test_two_plans_at_once_are_refused_until_the_older_one_ends_with_its_phase(cast: Cast) -> None:
    case = cases_made.running(cast)
    draft = Draft("Other at home.", "Other at school.", TODAY, TODAY + timedelta(days=30))
    with pytest.raises(AnotherPlanRuns, match="Plan 1 has been running since August 27"):
        begin_plan(case=case, draft=draft, by=cast.mrs_c)
    begin_plan(case=case, draft=draft, by=cast.mrs_c, end_running=True)
    assert [(p.letter, p.ended_on) for p in Plan.objects.order_by("number")] == [
        ("B", TODAY - timedelta(days=1)),
        ("C", None),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.update(ended_on=None)


def test_a_plan_needs_a_part_for_each_side_and_the_familys_yes(cast: Cast) -> None:
    case = cases_made.begun(cast)
    draft = Draft("At home.", "  ", TODAY, TODAY + timedelta(days=30))
    with pytest.raises(Unusable, match="has not said yet"):
        begin_plan(case=case, draft=draft, by=cast.mrs_c)
    note_consent(case=case, guardian=cast.alician, given=True, how=How.CALL, by=cast.mrs_c)
    with pytest.raises(Unusable, match="a part for both"):
        begin_plan(case=case, draft=draft, by=cast.mrs_c)


def test_a_family_that_stays_silent_is_asked_by_other_ways_and_nobody_speaks_for_it(
    cast: Cast,
) -> None:
    case = cases_made.begun(cast)
    note_asked(
        case=case, guardian=cast.alician, how=How.CALL, words="What do you see?", by=cast.mrs_c
    )
    found = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
    calendar = calendar_of(cast.district)
    now, later = TODAY, TODAY + timedelta(days=6)
    assert rules.turn(facts(found, now, calendar)).silent is False
    assert rules.turn(facts(found, later, calendar)).silent is True
    assert not Contribution.objects.filter(member__guardian=cast.alician).exists()
    mine = member_of(case, cast.mrs_c)
    assert mine is not None
    with pytest.raises(Unusable, match="Choose who said it"):
        note(case=case, member=mine, words=words("She agrees."), by=cast.mrs_c, form_key="n")


def test_the_list_tells_the_same_next_thing_as_the_case_itself(cast: Cast) -> None:
    case = cases_made.running(cast)
    calendar = calendar_of(cast.district)
    told = {}
    for stage in Stage:
        Case.objects.filter(pk=case.pk).update(stage=stage.value)
        (whole,) = loaded(cases_for(cast.mrs_c))
        (listed,) = loaded_for_turns(cases_for(cast.mrs_c), cast.mrs_c)
        told[stage] = rules.turn(facts(listed, TODAY, calendar))
        assert told[stage] == rules.turn(facts(whole, TODAY, calendar))
    assert (told[Stage.BASELINE].do, told[Stage.TRY].do) == ("on", "data")
    MeasurePoint.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(stage=Stage.BASELINE.value)
    (listed,) = loaded_for_turns(cases_for(cast.mrs_c), cast.mrs_c)
    assert rules.turn(facts(listed, TODAY, calendar)).do == "data"


def test_the_question_is_written_in_every_language_that_is_read_at_home(cast: Cast) -> None:
    case = cases_made.of(cast, cast.nour, cast.karim, "n")
    with pytest.raises(Unusable, match="Arabic"):
        ask_home(case=case, bodies={"en": "What do you see at home?"}, by=cast.mrs_c)


def test_a_no_closes_the_case_and_counts_nothing_more(cast: Cast) -> None:
    case = cases_made.running(cast)
    measure = case.measures.get()
    note_consent(case=case, guardian=cast.alician, given=False, how=How.PAGE, by=None)
    case.refresh_from_db()
    assert (case.consent, case.closed_why) == ("withdrawn", "no_consent")
    assert Measure.objects.get().ends_on == TODAY
    assert Plan.objects.get().ended_on == TODAY
    with pytest.raises(Unusable, match="closed"):
        give_at_home(measure=measure, day=TODAY, value=Decimal(1), guardian=cast.alician)
    with pytest.raises(Unusable, match="closed"):
        say(case=case, words=words("One more thing"), by=cast.mrs_c, form_key="x")
    open_again(case=case, by=cast.mrs_c)
    case.refresh_from_db()
    assert case.consent == "not_asked"


def test_days_off_are_kept_and_not_counted(cast: Cast) -> None:
    case = cases_made.running(cast)
    found = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
    (before,) = analyses(found, TODAY, calendar_of(cast.district))
    saturday = [dot for dot in before.series[0].dots if dot.off]
    assert [dot.value for dot in saturday] == [3.0]
    assert before.series[0].compared[0].before == 0.75
    day = before.series[0].dots[0].day
    ClosedDay.objects.create(district=cast.district, day=day, title="Snow")
    (after,) = analyses(found, TODAY, calendar_of(cast.district))
    assert len(after.series[0].dots) == len(before.series[0].dots)
    assert after.series[0].days(after.phases[0]) == before.series[0].days(before.phases[0]) - 1


def test_a_number_twice_is_one_with_its_history(cast: Cast) -> None:
    measure = cases_made.running(cast).measures.get()
    for value in (1, 1, 4):
        give(
            measure=measure,
            day=TODAY,
            value=Decimal(value),
            side=Side.SCHOOL,
            how=How.TAP,
            by=cast.mrs_c,
        )
    point = MeasurePoint.objects.get(day=TODAY)
    assert point.value == 4
    assert [before.value for before in point.before.all()] == [1]


@pytest.mark.parametrize(
    ("value", "day", "why"),
    [
        ("-1", TODAY, "from 0 to 200"),
        ("NaN", TODAY, "from 0 to 200"),
        ("1", TODAY + timedelta(days=1), "still to come"),
        ("1", TODAY - timedelta(days=90), "Counted from"),
    ],
)
def test_what_cannot_be_meant_is_not_counted(cast: Cast, value: str, day: date, why: str) -> None:
    measure = cases_made.running(cast).measures.get()
    with pytest.raises(Unusable, match=why):
        give(
            measure=measure,
            day=day,
            value=Decimal(value),
            side=Side.SCHOOL,
            how=How.TAP,
            by=cast.mrs_c,
        )


def test_too_few_days_and_two_sides_that_differ_tell_nothing(cast: Cast) -> None:
    case = cases_made.running(cast)
    found = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
    (seen,) = analyses(found, TODAY, calendar_of(cast.district))
    assert seen.verdict is Verdict.BETTER
    MeasurePoint.objects.filter(side="home", value__gte=2).delete()
    MeasurePoint.objects.filter(side="home").update(value=3)
    found = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
    (seen,) = analyses(found, TODAY, calendar_of(cast.district))
    assert seen.series[0].compared[0].verdict is Verdict.TOO_FEW


def test_one_tap_is_asked_on_school_days_only_and_not_where_the_gradebook_says_it(
    cast: Cast,
) -> None:
    measure = cases_made.running(cast).measures.get()
    assert [(tap.measure, list(tap.days)) for tap in to_tap(cast.mrs_c, TODAY)] == [
        (measure, [TODAY])
    ]
    assert to_tap(cast.principal, TODAY) == []
    ClosedDay.objects.create(district=cast.district, day=TODAY, title="Labor day")
    assert to_tap(cast.mrs_c, TODAY) == []


def test_a_case_whose_lead_left_is_taken_over_by_the_principal_before_everybodys_eyes(
    cast: Cast,
) -> None:
    case = cases_made.left_alone(cast)
    assert list(without_lead(cast.principal)) == [case]
    assert [list(without_lead(user)) for user in (cast.admin, cast.office, cast.mrs_c)] == [
        [],
        [],
        [],
    ]
    take_over(case=case, why="Lien moved to another school.", by=cast.principal)
    assert list(cases_for(cast.principal)) == [case]
    last = case.events.get(kind="taken_over")
    assert (last.user, last.words) == (cast.principal, "Lien moved to another school.")
    assert AuditEntry.objects.filter(event="case.taken_over", user_id=cast.principal.pk).exists()
    with pytest.raises(NotYours):
        take_over(case=cases_made.begun(cast), why="I want to see it.", by=cast.principal)


def test_the_same_form_twice_is_one_case_and_empty_or_endless_words_are_refused(
    cast: Cast,
) -> None:
    assert cases_made.begun(cast) == cases_made.begun(cast)
    for strengths, why in (
        ("", "what is good"),
        ("x" * 10_001, "10000 or fewer"),
        ("\x00", "what is good"),
    ):
        with pytest.raises(Unusable, match=why):
            open_case(
                student=cast.troy,
                beginning=Beginning("Homework", strengths, "", "en"),
                guardians=[cast.alician],
                by=cast.mrs_c,
                form_key="other",
            )


def test_whoever_does_not_serve_the_child_begins_nothing(cast: Cast) -> None:
    with pytest.raises(NotYours):
        cases_made.begun(cast, "e", cast.teacher_elsewhere)


def test_erasing_the_student_erases_the_case_and_the_guardian_their_words(cast: Cast) -> None:
    case = cases_made.running(cast)
    say_at_home(case=case, guardian=cast.alician, words=words("At home."), form_key="a")
    cast.alician.delete()
    assert not Contribution.objects.filter(words="At home.").exists()
    cast.troy.delete()
    assert not Case.objects.exists()
    assert not MeasurePoint.objects.exists()


def test_what_is_counted_is_said_by_somebody(cast: Cast) -> None:
    case = cases_made.running(cast)
    counted = Counted("x", Kind.COUNT, Better.UP, TODAY, TODAY)
    with pytest.raises(Unusable, match="Choose who says"):
        count(case=case, counted=counted, by=cast.mrs_c)


def test_closing_keeps_what_was_learned(cast: Cast) -> None:
    case = cases_made.running(cast)
    close(case=case, why=Ended.REACHED, words="The notebook did it.", by=cast.mrs_c)
    case.refresh_from_db()
    assert (case.closed_why, case.closed_words) == ("reached", "The notebook did it.")


days_of_school = st.dates(date(2026, 8, 1), date(2026, 12, 31))


@given(st.lists(days_of_school, max_size=40), st.sets(days_of_school, max_size=30))
def test_no_number_of_a_day_off_is_ever_counted(days: list[date], closed: set[date]) -> None:
    found = rules.counted([(day, 1.0) for day in days], Phase("A", date.min, None), closed)
    assert len(found) == len([day for day in days if day.weekday() < 5 and day not in closed])


@given(days_of_school, st.sets(days_of_school, max_size=60))
def test_home_is_asked_on_school_days_only_and_once_a_week_at_most(
    day: date, closed: set[date]
) -> None:
    monday = day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=n) for n in range(7)]
    assert sum(rules.due_today(Every.WEEK, one, closed) for one in week) <= 1
    for every in (Every.DAY, Every.WEEK):
        if rules.due_today(every, day, closed):
            assert day.weekday() < 5
            assert day not in closed


@given(st.text(max_size=30), st.sampled_from(Kind))
def test_any_text_is_a_number_within_bounds_or_none(text: str, kind: Kind) -> None:
    value = rules.read_number(text, kind)
    assert value is None or kind.bounds[0] <= value <= kind.bounds[1]


def test_every_stage_has_a_next_thing() -> None:
    assert [rules.turn(Facts(stage)).what != "" for stage in Stage] == [True] * len(Stage)
