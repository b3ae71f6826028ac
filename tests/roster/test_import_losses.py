"""Too many people gone stops and asks; nothing is changed then."""

import pytest

from bothways.people.models import Guardian, Student
from bothways.roster.records import Link
from bothways.roster.report import Loss, NeedsConfirmation
from bothways.roster.rules import asks_first, leaving_grade
from roster.written import big_school, load, student, town, without


@pytest.mark.parametrize(
    ("gone", "of", "asks"),
    [
        (0, 0, False),
        (1, 1, False),
        (2, 2, True),
        (3, 19, False),
        (4, 19, True),
        (1, 20, False),
        (2, 20, True),
        (5, 100, False),
        (6, 100, True),
    ],
)
def test_more_than_one_in_twenty_asks(gone: int, of: int, asks: bool) -> None:
    assert asks_first(gone, of) is asks


def test_the_highest_grade_is_found_among_words_that_are_none() -> None:
    assert leaving_grade(["KG", "05", "PK", "Ungraded", ""]) == "05"
    assert leaving_grade(["", "UG"]) is None


@pytest.mark.django_db
def test_too_many_students_gone_stops_and_names_the_school() -> None:
    load(big_school())
    with pytest.raises(NeedsConfirmation) as stop:
        load(without(big_school(), "s10", "s11", "s12", "g10", "g11", "g12"))
    assert stop.value.losses == [
        Loss("Lincoln Middle", "guardians", 3, 40),
        Loss("Lincoln Middle", "links", 3, 40),
        Loss("Lincoln Middle", "students", 3, 40),
    ]
    assert "Lincoln Middle: 3 of 40 students" in str(stop.value)
    assert Student.objects.filter(ended_at=None).count() == 40


@pytest.mark.django_db
def test_few_gone_end_without_a_question() -> None:
    load(big_school())
    assert load(without(big_school(), "s10", "g10", "s11", "g11")).removed == 6


@pytest.mark.django_db
def test_removals_can_be_allowed() -> None:
    load(big_school())
    report = load(without(big_school(), *(f"s{n}" for n in range(20))), allow_removals=True)
    assert (report.students, report.guardians, report.links, report.removed) == (20, 40, 20, 40)


@pytest.mark.django_db
def test_a_dry_run_asks_too_and_shows_what_would_happen() -> None:
    load(big_school())
    less = without(big_school(), *(f"s{n}" for n in range(20)))
    with pytest.raises(NeedsConfirmation) as stop:
        load(less, dry_run=True)
    assert stop.value.report is not None
    assert (stop.value.report.students, stop.value.report.removed) == (20, 40)
    assert load(less, dry_run=True, allow_removals=True).students == 20
    assert Student.objects.filter(ended_at=None).count() == 40


@pytest.mark.django_db
def test_links_alone_gone_ask() -> None:
    load(big_school())
    parsed = big_school()
    parsed.links = parsed.links[:30]
    with pytest.raises(NeedsConfirmation) as stop:
        load(parsed)
    assert stop.value.losses == [Loss("Lincoln Middle", "links", 10, 40)]


@pytest.mark.django_db
def test_a_small_school_is_looked_at_beside_a_large_one() -> None:
    def both() -> object:
        parsed = big_school(200)
        parsed.schools.append(type(parsed.schools[0])("hill", "Hill Elementary"))
        for n in range(20):
            parsed.students[n] = type(parsed.students[n])(f"s{n}", "Child", str(n), school="hill")
        return parsed

    load(both())  # type: ignore[arg-type]
    with pytest.raises(NeedsConfirmation) as stop:
        load(without(both(), "s0", "s1"))  # type: ignore[arg-type]
    assert [(loss.school, loss.what, loss.gone, loss.of) for loss in stop.value.losses] == [
        ("Hill Elementary", "links", 2, 20),
        ("Hill Elementary", "students", 2, 20),
    ]


@pytest.mark.django_db
def test_a_school_moved_as_a_whole_loses_nobody() -> None:
    load(big_school())
    parsed = big_school()
    parsed.schools = [type(parsed.schools[0])("new", "New Middle")]
    parsed.sections = []
    parsed.students = [type(s)(s.id, s.given, s.family, school="new") for s in parsed.students]
    assert load(parsed).students == 40


@pytest.mark.django_db
def test_at_the_new_year_the_highest_grade_may_leave_and_others_still_ask() -> None:
    load(big_school())  # s0 … s7 are in grade 08, the highest
    leaving = [f"s{n}" for n in range(8)] + [f"g{n}" for n in range(8)]
    with pytest.raises(NeedsConfirmation):
        load(without(big_school(), *leaving))
    with pytest.raises(NeedsConfirmation) as stop:
        load(without(big_school(), *leaving, "s20", "s21", "s22"), new_year=True)
    assert [(loss.what, loss.gone) for loss in stop.value.losses] == [("links", 3), ("students", 3)]
    report = load(without(big_school(), *leaving), new_year=True)
    assert (report.students, report.guardians) == (32, 32)
    assert student("s0").ended_at is not None


@pytest.mark.django_db
def test_sections_and_seats_end_without_a_question() -> None:
    load(town())
    parsed = town()
    parsed.sections, parsed.enrollments = [], []
    assert load(parsed).removed == 4


@pytest.mark.django_db
def test_an_adult_of_two_schools_counts_in_both() -> None:
    parsed = big_school(40)
    parsed.links += [Link(f"s{n}", "g0", "aunt") for n in range(1, 40)]
    load(parsed)
    assert Guardian.objects.filter(ended_at=None).count() == 40
    with pytest.raises(NeedsConfirmation) as stop:
        load(without(parsed, "g0"))
    assert stop.value.losses == [Loss("Lincoln Middle", "links", 40, 79)]
