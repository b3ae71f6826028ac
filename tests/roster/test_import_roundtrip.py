"""Any roster in, exported, in again changes nothing."""

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bothways.core.text import fold, fold_address
from bothways.people.models import Household, HouseholdStudent
from bothways.roster import rows
from bothways.roster.export import to_parsed
from bothways.roster.readers import open_roster, write_oneroster
from bothways.roster.records import (
    NO_ADDRESS,
    Address,
    ContactPerson,
    District,
    Enrollment,
    Guardian,
    Link,
    Parsed,
    Phone,
    School,
    Section,
    Staff,
    Student,
    Term,
)
from bothways.roster.report import Report
from bothways.roster.rules import fold_home, folded
from bothways.schools.models import District as DistrictRow
from roster.written import MODES, OAK_STREET, load, town

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12
).map(lambda text: text.replace("\\", "\\\\"))
NUMBERS = st.integers(2005550100, 9895559999).map(lambda n: f"+1{n}")
PHONES = st.builds(Phone, NUMBERS, st.sampled_from(["", "12"]), st.booleans())
ADDRESSES = st.one_of(
    st.just(NO_ADDRESS),
    st.just(OAK_STREET),
    st.builds(
        Address, WORDS, WORDS, WORDS, st.just("TX"), st.just("75001"), st.sampled_from(["", "MX"])
    ),
)
EMAILS = st.lists(
    st.from_regex(r"[a-z]{1,8}@[a-z]{1,6}\.example", fullmatch=True), max_size=2, unique=True
)
LANGUAGES = st.sampled_from(["", "es", "ar", "zh-Hans"])
MAYBE = st.sampled_from([None, True, False])
DAYS = st.one_of(st.none(), st.dates(date(2005, 1, 1), date(2020, 12, 31)))
RESTRICTIONS = st.sampled_from(["", "", "none", "no contact", "see file", "no pickup; no records"])


@st.composite
def rosters(draw: st.DrawFn) -> Parsed:
    schools = [School(f"sch{n}", draw(WORDS)) for n in range(draw(st.integers(1, 3)))]
    ids = [school.id for school in schools]
    somewhere = st.sampled_from(ids)
    sections = [
        Section(f"sec{n}", draw(somewhere), draw(WORDS)) for n in range(draw(st.integers(0, 3)))
    ]
    ways = {"emails": EMAILS.map(tuple), "phones": st.lists(PHONES, max_size=3).map(tuple)}
    names = {
        "given": WORDS,
        "family": WORDS,
        "preferred_given": st.one_of(st.just(""), WORDS),
        "preferred_family": st.one_of(st.just(""), WORDS),
    }
    students = [
        draw(
            st.builds(
                Student,
                st.just(f"st{n}"),
                **names,
                **ways,
                birth_date=DAYS,
                grade=st.sampled_from(["", "KG", "07"]),
                school=st.sampled_from([*ids, "nowhere", ""]),
                address=ADDRESSES,
                home_language=LANGUAGES,
                restriction_text=RESTRICTIONS,
                unreadable_phones=st.lists(WORDS, max_size=1).map(tuple),
            )
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    guardians = [
        draw(
            st.builds(
                Guardian,
                st.just(f"gu{n}"),
                **names,
                **ways,
                address=ADDRESSES,
                speaks=LANGUAGES,
                reads=LANGUAGES,
                can_read=MAYBE,
                role=st.sampled_from(["", "parent"]),
            )
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    links = [
        draw(
            st.builds(
                Link,
                st.just(one.id),
                st.just(adult.id),
                st.sampled_from(["", "mother", "father"]),
                MAYBE,
                MAYBE,
                st.one_of(st.none(), st.integers(0, 9)),
                MAYBE,
                MAYBE,
                RESTRICTIONS,
            )
        )
        for one in students
        for adult in guardians
        if draw(st.integers(0, 2)) == 0
    ]
    contacts = [
        draw(
            st.builds(
                ContactPerson, st.just("cp1"), st.just(one.id), st.just("doctor"), WORDS, WORDS
            )
        )
        for one in students
        if draw(st.booleans())
    ]
    seats = [
        Enrollment(f"e-{one.id}-{section.id}", section.id, one.id, "student")
        for one in students
        for section in sections
        if draw(st.booleans())
    ]
    staff = [
        draw(
            st.builds(
                Staff,
                st.just(f"sf{n}"),
                **names,
                **ways,
                roles=st.lists(
                    st.tuples(somewhere, st.sampled_from(["teacher", "aide", "principal"])),
                    max_size=2,
                ).map(tuple),
            )
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    seats += [
        Enrollment(f"t-{one.id}", sections[0].id, one.id, "teacher") for one in staff if sections
    ]
    return Parsed(
        "oneroster",
        "1.2",
        District("d1", draw(WORDS)),
        schools,
        [Term("t1", draw(WORDS), "semester", date(2026, 8, 1), None)],
        sections,
        students,
        guardians,
        contacts,
        staff,
        links,
        seats,
        modes=dict(MODES),
    )  # fmt: skip


def moves(report: Report) -> tuple[int, int, int]:
    return report.added, report.changed, report.removed


def homes() -> list[tuple[object, ...]]:
    return [
        *Household.objects.order_by("pk").values_list("pk", "ended_at"),
        *HouseholdStudent.objects.order_by("pk").values_list("pk", "household", "student"),
    ]


class RoundTrip(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rosters())
    def test_any_roster_in_exported_and_in_again_changes_nothing(self, parsed: Parsed) -> None:
        first = load(parsed)
        before = homes()
        exported = to_parsed(DistrictRow.objects.get())
        again = load(exported)
        assert moves(again) == (0, 0, 0)
        assert homes() == before
        assert (again.students, again.guardians, again.staff, again.households, again.links) == (
            first.students,
            first.guardians,
            first.staff,
            first.households,
            first.links,
        )
        assert again.possibly_same == first.possibly_same
        assert load(parsed).added == 0


@pytest.mark.django_db
def test_a_roster_written_as_files_and_read_again_changes_nothing() -> None:
    load(town())
    with tempfile.TemporaryDirectory() as folder:
        write_oneroster(to_parsed(DistrictRow.objects.get()), Path(folder))
        parsed = open_roster(Path(folder))
    report = load(parsed)
    assert (moves(report), report.rejected) == ((0, 0, 0), [])


@pytest.mark.django_db
def test_what_was_corrected_here_is_not_exported_as_the_rosters_word() -> None:
    from bothways.people.models import Guardian as Row

    load(town())
    Row.objects.filter(sis_id="rosa").update(local={"given": "Rosita"}, given="Rosita")
    exported = to_parsed(DistrictRow.objects.get())
    assert next(g.given for g in exported.guardians if g.id == "rosa") == "Rosa"


@given(rosters())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_records_come_back_whole_from_their_json(parsed: Parsed) -> None:
    import json

    def kept(row: object) -> dict[str, object]:
        return json.loads(json.dumps(row))  # type: ignore[no-any-return]

    assert [
        rows.to_student(x.id, kept(rows.student(x))) for x in parsed.students
    ] == parsed.students
    assert [
        rows.to_guardian(x.id, kept(rows.guardian(x))) for x in parsed.guardians
    ] == parsed.guardians
    assert [
        rows.to_link(x.student, x.guardian, kept(rows.link(x))) for x in parsed.links
    ] == parsed.links
    assert [
        rows.to_contact(x.id, x.student, kept(rows.contact(x))) for x in parsed.contacts
    ] == parsed.contacts


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_quick_fold_is_the_fold(one: str, other: str) -> None:
    assert folded(one, other) == fold(f"{one} {other}")
    assert fold_home(f"{one}\n{other}") == fold_address(f"{one}\n{other}")[:500]
