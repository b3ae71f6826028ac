"""Records → a folder of OneRoster 1.2 CSV, with relationships.csv and metadata columns."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from bothways.roster.records import (
    NO_ADDRESS,
    Address,
    ContactPerson,
    Guardian,
    Mode,
    Parsed,
    Phone,
    Staff,
    Student,
)

_USER = (
    "sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName",
    "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades",
    "password", "userMasterIdentifier", "preferredGivenName", "preferredMiddleName",
    "preferredFamilyName", "primaryOrgSourcedId", "pronouns", "metadata.street", "metadata.unit",
    "metadata.city", "metadata.state", "metadata.postalCode", "metadata.country",
    "metadata.homeLanguage", "metadata.speaks", "metadata.reads", "metadata.canRead",
    "metadata.restriction",
)  # fmt: skip
_ROLE = ("sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate",
         "endDate", "orgSourcedId", "userProfileSourcedId")  # fmt: skip
_RELATIONSHIP = (
    "userSourcedId", "relationshipUserSourcedId", "relationshipRole", "status",
    "metadata.primaryContact", "metadata.livesWith", "metadata.emergencyContact",
    "metadata.contactPriority", "metadata.contactRestrictions", "metadata.legalGuardian",
)  # fmt: skip
_FILES = ("academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "roles",
          "users", "relationships")  # fmt: skip
_AnyPerson = Student | Guardian | ContactPerson | Staff
_NEVER = ("categories", "classResources", "courseResources", "lineItems", "resources", "results",
          "userProfiles")  # fmt: skip
_OF_KIND = {"academicSessions": "term", "classes": "section", "courses": "section",
            "demographics": "birth_date", "enrollments": "enrollment", "orgs": "school",
            "roles": "student", "users": "student", "relationships": "link"}  # fmt: skip


def write_oneroster(parsed: Parsed, folder: Path) -> None:
    """Write all records into an existing or new folder; reading it again gives the same records."""
    folder.mkdir(parents=True, exist_ok=True)
    modes = {name: parsed.modes.get(_OF_KIND[name], "bulk") for name in _FILES}
    tables = {
        "orgs": _orgs(parsed),
        "academicSessions": _terms(parsed),
        "courses": _courses(parsed),
        "classes": _classes(parsed),
        "users": _users(parsed),
        "roles": _roles(parsed),
        "demographics": _demographics(parsed),
        "relationships": _relationships(parsed),
        "enrollments": _enrollments(parsed),
    }
    for name, rows in tables.items():
        if modes[name] != "absent":
            _write(folder / f"{name}.csv", rows)
    _write(folder / "manifest.csv", _manifest(modes))


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _manifest(modes: dict[str, Mode]) -> Iterator[tuple[str, ...]]:
    yield "propertyName", "value"
    yield "manifest.version", "1.0"
    yield "oneroster.version", "1.2"
    for name, mode in modes.items():
        yield f"file.{name}", mode
    for name in _NEVER:
        yield f"file.{name}", "absent"
    yield "source.systemName", "Bothways"


def _ended(parsed: Parsed, kind: str) -> list[str]:
    return sorted(parsed.ended.get(kind, ()))


def _orgs(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield "sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"
    if parsed.district:
        yield parsed.district.id, "active", "", parsed.district.name, "district", "", ""
    for school in parsed.schools:
        yield school.id, "active", "", school.name, school.kind, "", school.parent
    for key in _ended(parsed, "school"):
        yield key, "tobedeleted", "", "", "", "", ""


def _terms(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield ("sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate",
           "parentSourcedId", "schoolYear")  # fmt: skip
    for term in parsed.terms:
        year = str(term.end.year) if term.end else ""
        yield (term.id, "active", "", term.title, term.kind, _day(term.start), _day(term.end),
               term.parent, year)  # fmt: skip
    for key in _ended(parsed, "term"):
        yield key, "tobedeleted", "", "", "", "", "", "", ""


def _course_ids(parsed: Parsed) -> dict[str, str]:
    """Ids made for courses: the roster keeps their titles only."""
    titles = dict.fromkeys(s.course_title for s in parsed.sections if s.course_title)
    return {title: f"course-{number}" for number, title in enumerate(titles, 1)}


def _courses(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield ("sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode",
           "grades", "orgSourcedId", "subjects", "subjectCodes")  # fmt: skip
    district = parsed.district.id if parsed.district else ""
    for title, key in _course_ids(parsed).items():
        yield key, "active", "", "", title, "", "", district, "", ""


def _classes(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield ("sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId",
           "classCode", "classType", "location", "schoolSourcedId", "termSourcedIds", "subjects",
           "subjectCodes", "periods")  # fmt: skip
    courses = _course_ids(parsed)
    for section in parsed.sections:
        yield (section.id, "active", "", section.title, section.grade,
               courses.get(section.course_title, ""), "", "scheduled", "", section.school,
               ",".join(section.term_ids), "", "", "")  # fmt: skip
    for key in _ended(parsed, "section"):
        yield key, "tobedeleted", *[""] * 12


def _users(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield _USER
    # One person can be student, guardian, contact and staff; a file has one row for each person.
    persons: dict[str, list[_AnyPerson]] = {}
    everybody: tuple[Sequence[_AnyPerson], ...] = (
        parsed.students, parsed.guardians, parsed.contacts, parsed.staff,
    )  # fmt: skip
    for records in everybody:
        for record in records:
            persons.setdefault(record.id, []).append(record)
    for key, same in persons.items():
        yield _user(key, same)
    for key in _ended(parsed, "user"):
        yield key, "tobedeleted", *[""] * (len(_USER) - 2)


def _user(key: str, records: Sequence[_AnyPerson]) -> tuple[str, ...]:
    first = records[0]
    student = next((r for r in records if isinstance(r, Student)), None)
    adult = next((r for r in records if isinstance(r, Guardian | ContactPerson)), None)
    address = next((r.address for r in (student, adult) if r is not None), NO_ADDRESS)
    unreadable = next((r.unreadable_phones for r in (student, adult) if r is not None), ())
    return (
        key,
        "active",
        "",
        "true",
        "",
        "",
        first.given,
        first.family,
        "",
        "",
        ",".join(first.emails),
        _phones(first.phones, texts=True),
        "; ".join(filter(None, (_phones(first.phones, texts=False), *unreadable))),
        "",
        student.grade if student else "",
        "",
        "",
        first.preferred_given,
        "",
        first.preferred_family,
        student.school if student else "",
        "",
        *_address(address),
        student.home_language if student else "",
        adult.speaks if adult else "",
        adult.reads if adult else "",
        _yes(adult.can_read) if adult else "",
        student.restriction_text if student else "",
    )


def _phones(phones: Iterable[Phone], *, texts: bool) -> str:
    return "; ".join(
        f"{phone.number} x{phone.extension}" if phone.extension else phone.number
        for phone in phones
        if phone.texts is texts
    )


def _address(address: Address) -> tuple[str, ...]:
    return tuple(address)


def _roles(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield _ROLE
    number = 0

    def row(user: str, kind: str, role: str, org: str) -> tuple[str, ...]:
        nonlocal number
        number += 1
        return f"role-{number}", "active", "", user, kind, role, "", "", org, ""

    for student in parsed.students:
        yield row(student.id, "primary", "student", student.school)
        for school in student.other_schools:
            yield row(student.id, "secondary", "student", school)
    for guardian in parsed.guardians:
        if guardian.role:
            yield row(guardian.id, "primary", guardian.role, "")
    for member in parsed.staff:
        for place, (org, role) in enumerate(member.roles):
            yield row(member.id, "secondary" if place else "primary", role, org)


def _demographics(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield "sourcedId", "status", "dateLastModified", "birthDate"
    for student in parsed.students:
        if student.birth_date:
            yield student.id, "active", "", _day(student.birth_date)


def _relationships(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield _RELATIONSHIP
    for link in parsed.links:
        yield (
            link.student,
            link.guardian,
            link.relation,
            "active",
            _yes(link.primary_contact),
            _yes(link.lives_with),
            _yes(link.emergency_contact),
            "" if link.priority is None else str(link.priority),
            link.restriction_text,
            _yes(link.legal_guardian),
        )
    for contact in parsed.contacts:
        priority = "" if contact.priority is None else str(contact.priority)
        yield (contact.student, contact.id, contact.relation, "active", "", "", "", priority,
               contact.restriction_text, "")  # fmt: skip
    for student, guardian in sorted(parsed.ended_links):
        yield student, guardian, "", "tobedeleted", *[""] * 6


def _enrollments(parsed: Parsed) -> Iterator[tuple[str, ...]]:
    yield ("sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId",
           "userSourcedId", "role", "primary", "beginDate", "endDate")  # fmt: skip
    schools = {section.id: section.school for section in parsed.sections}
    for seat in parsed.enrollments:
        yield (seat.id, "active", "", seat.section, schools.get(seat.section, ""), seat.user,
               seat.role, "", _day(seat.begin), _day(seat.end))  # fmt: skip
    for key in _ended(parsed, "enrollment"):
        yield key, "tobedeleted", *[""] * 8


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _yes(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"
