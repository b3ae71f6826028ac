"""Any roster out and in again is the same roster."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

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
from roster.readers_tables import eleven, read, twelve

T = TypeVar("T")

word = st.from_regex(r"[A-Za-zÀ-žאبم中]{1,12}( [a-z']{1,8})?", fullmatch=True)
names = word.map(str.strip)
text = st.one_of(st.just(""), names)
day = st.dates(date(1990, 1, 1), date(2100, 12, 31))
maybe = st.sampled_from([True, False, None])
languages = st.sampled_from(["", "es", "ar", "prs", "zh-Hans", "ht"])
phones = st.lists(
    st.builds(
        Phone,
        st.integers(2125550100, 2125550199).map("+1{}".format),
        st.sampled_from(["", "12"]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda phone: (phone.number, phone.extension),
).map(lambda found: tuple(sorted(found, key=lambda phone: not phone.texts)))
emails = st.lists(st.integers(0, 99).map("user{}@x.example".format), max_size=2, unique=True).map(
    tuple
)
addresses = st.one_of(
    st.just(NO_ADDRESS),
    st.builds(Address, names, text, names, st.just("TX"), st.just("78834"), text),
)
unreadable = st.sampled_from([(), ("call the aunt",)])


def named(draw: st.DrawFn) -> Any:
    return {
        "given": draw(names),
        "family": draw(names),
        "preferred_given": draw(text),
        "preferred_family": draw(text),
    }


def some(draw: st.DrawFn, of: list[T]) -> tuple[T, ...]:
    return tuple(draw(st.lists(st.sampled_from(of), unique=True))) if of else ()


@st.composite
def rosters(draw: st.DrawFn) -> Parsed:
    schools = [
        School(f"s{n}", draw(names), draw(st.sampled_from(["school", "department"])), "d")
        for n in range(draw(st.integers(1, 3)))
    ]
    school_ids = [school.id for school in schools]
    terms = [
        Term(f"t{n}", draw(names), "term", draw(day), draw(day))
        for n in range(draw(st.integers(0, 2)))
    ]
    sections = [
        Section(
            f"c{n}",
            draw(st.sampled_from(school_ids)),
            draw(names),
            draw(st.sampled_from(["", "05", "KG", "09,10"])),
            some(draw, [term.id for term in terms]),
            draw(text),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    students = []
    for n in range(draw(st.integers(1, 4))):
        at = draw(st.lists(st.sampled_from(school_ids), unique=True, min_size=1))
        students.append(
            Student(
                f"st{n}",
                **named(draw),
                birth_date=draw(st.one_of(st.none(), day)),
                grade=draw(st.sampled_from(["", "05", "KG", "PS1"])),
                school=at[0],
                other_schools=tuple(at[1:]),
                emails=draw(emails),
                phones=draw(phones),
                unreadable_phones=draw(unreadable),
                address=draw(addresses),
                home_language=draw(languages),
                restriction_text=draw(st.sampled_from(["", "see file\nask first"])),
            )
        )
    adults = [
        Guardian(
            f"gu{n}",
            **named(draw),
            emails=draw(emails),
            phones=draw(phones),
            unreadable_phones=draw(unreadable),
            address=draw(addresses),
            speaks=draw(languages),
            reads=draw(languages),
            can_read=draw(maybe),
            role=draw(st.sampled_from(["parent", "guardian", "relative"])),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    links, contacts = [], []
    for student in students:
        for adult in some(draw, adults):
            if draw(st.booleans()):
                links.append(
                    Link(
                        student.id,
                        adult.id,
                        draw(st.sampled_from(["mother", "fosterParent", "relative"])),
                        draw(maybe),
                        draw(maybe),
                        draw(st.one_of(st.none(), st.integers(1, 9))),
                        draw(maybe),
                        draw(maybe),
                        draw(st.sampled_from(["", "no contact", 'a, b\n"c"'])),
                    )
                )
            else:
                contacts.append(_contact(draw, adult, student.id))
    linked, near = {link.guardian for link in links}, {contact.id for contact in contacts}
    guardians = [adult for adult in adults if adult.id in linked or adult.id not in near]
    staff = [
        Staff(
            f"sf{n}",
            **named(draw),
            emails=draw(emails),
            phones=draw(phones),
            roles=tuple((org, "teacher") for org in some(draw, [*school_ids, "d"]))
            or (("", "nurse"),),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    seats = [
        *(
            Enrollment(f"a{n}{m}", section.id, student.id, "student", draw(day), None)
            for n, section in enumerate(sections)
            for m, student in enumerate(students)
        ),
        *(
            Enrollment(f"b{n}{m}", section.id, member.id, "teacher", None, draw(day))
            for n, section in enumerate(sections)
            for m, member in enumerate(staff)
        ),
    ]
    ended = {
        kind: {f"old-{kind}"}
        for kind in some(draw, ["school", "term", "section", "user", "enrollment"])
    }
    return Parsed(
        "oneroster",
        "1.2",
        District("d", draw(names)),
        schools,
        terms,
        sections,
        students,
        guardians,
        contacts,
        staff,
        links,
        seats,
        ended,
        set(some(draw, [("old", "older"), ("st0", "older")])),
    )


def _contact(draw: st.DrawFn, adult: Guardian, student: str) -> ContactPerson:
    return ContactPerson(
        adult.id,
        student,
        draw(st.sampled_from(["doctor", "neighbor", "emergencyContact"])),
        adult.given,
        adult.family,
        adult.preferred_given,
        adult.preferred_family,
        adult.emails,
        adult.phones,
        adult.unreadable_phones,
        adult.address,
        adult.speaks,
        adult.reads,
        adult.can_read,
        draw(st.one_of(st.none(), st.integers(1, 9))),
        draw(st.sampled_from(["", "no pick up"])),
    )


RECORDS = (
    "district", "schools", "terms", "sections", "students", "guardians", "contacts", "staff", "links",
    "enrollments", "ended", "ended_links",
)  # fmt: skip


def records(parsed: Parsed) -> dict[str, object]:
    return {name: getattr(parsed, name) for name in RECORDS}


def again(parsed: Parsed) -> Parsed:
    with tempfile.TemporaryDirectory() as folder:
        write_oneroster(parsed, Path(folder))
        return open_roster(folder)


@given(rosters())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(parsed: Parsed) -> None:
    found = again(parsed)
    assert found.rejected == []
    assert records(found) == records(parsed)


def test_every_format_can_be_written_and_read_again(tmp_path: Path) -> None:
    for number, tables in enumerate((twelve(), eleven())):
        parsed = read(tmp_path / str(number), tables)
        found = again(parsed)
        assert records(found) == records(parsed)
        assert found.modes == parsed.modes | {"contact": "bulk", "link": "bulk"}
