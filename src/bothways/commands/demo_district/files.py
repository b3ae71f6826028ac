"""The district as OneRoster 1.2 files, and what goes with them."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bothways.commands.demo_district.addresses import CITY, POSTAL_CODE, STATE
from bothways.commands.demo_district.families import District, names
from bothways.commands.demo_district.model import Guardian, Home, Staff, Student
from bothways.commands.demo_district.schools import (
    DISTRICT,
    FALL,
    NAMES,
    SPRING,
    YEAR,
    Section,
    grade_code,
    school_of,
)

_ID = ("sourcedId", "status", "dateLastModified")
_USERS = (
    *_ID, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName",
    "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password",
    "userMasterIdentifier", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
    "primaryOrgSourcedId", "pronouns", "metadata.street", "metadata.city", "metadata.state",
    "metadata.postalCode", "metadata.homeLanguage",
)  # fmt: skip
_PRESENT = (
    "academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "roles", "users",
)  # fmt: skip
_ABSENT = (
    "categories", "classResources", "courseResources", "lineItems", "resources", "results",
    "userProfiles",
)  # fmt: skip

Row = dict[str, str]


def write(folder: Path, district: District, sections: list[Section]) -> None:
    """Write all roster files; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    _orgs(folder)
    _sessions(folder)
    _classes(folder, sections)
    _table(folder, "users", _USERS, _users(district))
    _roles(folder, district)
    _demographics(folder, district)
    _enrollments(folder, sections)
    _relationships(folder, district)
    lines = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    lines += [(f"file.{name}", "bulk") for name in _PRESENT]
    lines += [(f"file.{name}", "absent") for name in _ABSENT]
    lines += [("source.systemName", "Demo district"), ("source.systemCode", "cedar-hollow")]
    rows = [{"propertyName": name, "value": value} for name, value in lines]
    _table(folder, "manifest", ("propertyName", "value"), rows)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """In the same bytes for the same value."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")


def _table(folder: Path, name: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _orgs(folder: Path) -> None:
    rows = [{"sourcedId": DISTRICT, "name": "Cedar Hollow Schools", "type": "district"}]
    rows += [
        {"sourcedId": key, "name": name, "type": "school", "parentSourcedId": DISTRICT}
        for key, name in NAMES.items()
    ]
    for row in rows:
        row["identifier"] = row["sourcedId"].upper()
    _table(folder, "orgs", (*_ID, "name", "type", "identifier", "parentSourcedId"), rows)


def _sessions(folder: Path) -> None:
    columns = (*_ID, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear")
    rows = [
        {"sourcedId": key, "title": title, "type": kind, "startDate": first, "endDate": last,
         "parentSourcedId": parent, "schoolYear": YEAR}
        for key, title, kind, first, last, parent in (
            (YEAR, "2026-27", "schoolYear", "2026-08-24", "2027-05-28", ""),
            (FALL, "2026-27 Fall Semester", "semester", "2026-08-24", "2026-12-18", YEAR),
            (SPRING, "2026-27 Spring Semester", "semester", "2027-01-05", "2027-05-28", YEAR),
        )
    ]  # fmt: skip
    _table(folder, "academicSessions", columns, rows)


def _classes(folder: Path, sections: list[Section]) -> None:
    courses = {section.course.id: section.course for section in sections}
    _table(
        folder,
        "courses",
        (*_ID, "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects",
         "subjectCodes"),
        [
            {"sourcedId": course.id, "schoolYearSourcedId": YEAR, "title": course.title,
             "courseCode": course.id.removeprefix("co-").upper(), "grades": course.grade,
             "orgSourcedId": DISTRICT}
            for course in courses.values()
        ],
    )  # fmt: skip
    _table(
        folder,
        "classes",
        (*_ID, "title", "grades", "courseSourcedId", "classCode", "classType", "location",
         "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"),
        [
            {"sourcedId": section.id, "title": section.title, "grades": section.course.grade,
             "courseSourcedId": section.course.id, "classCode": section.id.upper(),
             "classType": "homeroom" if section.homeroom else "scheduled",
             "schoolSourcedId": section.school, "termSourcedIds": f"{FALL},{SPRING}"}
            for section in sections
        ],
    )  # fmt: skip


def _users(district: District) -> Iterable[Row]:
    for student in district.students:
        yield {
            **_person(student.id, student.given, student.family),
            "agentSourcedIds": ",".join(tie.guardian.id for tie in student.ties),
            "grades": grade_code(student.grade),
            "preferredGivenName": student.preferred,
            "primaryOrgSourcedId": school_of(student.grade),
            **_place(student.home),
            "metadata.homeLanguage": names()[student.language]["roster"],
        }
    for guardian in district.guardians:
        yield {
            **_person(guardian.id, guardian.given, guardian.family),
            "email": guardian.email,
            "sms": guardian.sms,
            "phone": guardian.phone,
            "primaryOrgSourcedId": _first_school(district, guardian),
            **_place(guardian.home),
            "metadata.homeLanguage": names()[guardian.language]["roster"],
        }
    for person in district.staff:
        yield {
            **_person(person.id, person.given, person.family),
            "email": person.email,
            "preferredGivenName": person.preferred_given,
            "preferredFamilyName": person.preferred_family,
            "primaryOrgSourcedId": person.org,
        }


def _person(key: str, given: str, family: str) -> Row:
    number = key.split("-")[1]
    return {
        "sourcedId": key,
        "enabledUser": "true",
        "username": number,
        "identifier": number,
        "givenName": given,
        "familyName": family,
    }


def _place(home: Home | None) -> Row:
    if home is None:
        return {}
    return {
        "metadata.street": home.street,
        "metadata.city": CITY,
        "metadata.state": STATE,
        "metadata.postalCode": POSTAL_CODE,
    }


def _first_school(district: District, guardian: Guardian) -> str:
    grades = [
        student.grade
        for student in district.students
        if any(tie.guardian is guardian for tie in student.ties)
    ]
    return school_of(min(grades))


def _roles(folder: Path, district: District) -> None:
    columns = (*_ID, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
               "userProfileSourcedId")  # fmt: skip
    people: list[Student | Guardian | Staff] = [
        *district.students,
        *district.guardians,
        *district.staff,
    ]
    rows = []
    for person in people:
        match person:
            case Student():
                role, org = "student", school_of(person.grade)
            case Guardian():
                role, org = "guardian", _first_school(district, person)
            case Staff():
                role, org = person.role, person.org
        rows.append(
            {
                "sourcedId": f"ro-{person.id}",
                "userSourcedId": person.id,
                "roleType": "primary",
                "role": role,
                "orgSourcedId": org,
            }
        )
    _table(folder, "roles", columns, rows)


def _demographics(folder: Path, district: District) -> None:
    rows = [{"sourcedId": s.id, "birthDate": s.birth_date} for s in district.students]
    _table(folder, "demographics", (*_ID, "birthDate"), rows)


def _enrollments(folder: Path, sections: list[Section]) -> None:
    columns = (*_ID, "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary",
               "beginDate", "endDate")  # fmt: skip
    rows = []
    for section in sections:
        seats = [(section.teacher.id, "teacher", "true")]
        seats += [(student.id, "student", "") for student in section.students]
        rows += [
            {
                "sourcedId": f"en-{person}-{section.id}",
                "classSourcedId": section.id,
                "schoolSourcedId": section.school,
                "userSourcedId": person,
                "role": role,
                "primary": primary,
            }
            for person, role, primary in seats
        ]
    _table(folder, "enrollments", columns, rows)


def _relationships(folder: Path, district: District) -> None:
    columns = (
        "sourcedId", "userSourcedId", "relationshipUserSourcedId", "relationshipRole",
        "metadata.primaryContact", "metadata.livesWith", "metadata.emergencyContact",
        "metadata.contactPriority", "metadata.contactRestrictions", "metadata.legalGuardian",
    )  # fmt: skip
    rows = [
        {
            "sourcedId": f"re-{student.id}-{tie.guardian.id}",
            "userSourcedId": student.id,
            "relationshipUserSourcedId": tie.guardian.id,
            "relationshipRole": tie.relation,
            "metadata.primaryContact": _bool(tie.primary),
            "metadata.livesWith": _bool(tie.lives_with),
            "metadata.emergencyContact": _bool(tie.primary),
            "metadata.contactPriority": str(number),
            "metadata.contactRestrictions": tie.restriction,
            "metadata.legalGuardian": _bool(tie.legal),
        }
        for student in district.students
        for number, tie in enumerate(student.ties, 1)
    ]
    _table(folder, "relationships", columns, rows)


def _bool(value: bool) -> str:
    return "true" if value else "false"
