"""Records as the JSON that is kept with each person: what the last roster said, and nothing else.

What a roster does not say has no key: ``roster || local`` is then what counts. Keys with a column of
the same name in ``people.models`` are the ones that people here can correct.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bothways.roster.records import (
    NO_ADDRESS,
    Address,
    ContactPerson,
    Guardian,
    Link,
    Phone,
    Staff,
    Student,
)

Row = dict[str, Any]


def student(it: Student) -> Row:
    row: Row = {"given": it.given, "family": it.family}
    if it.preferred_given:
        row["preferred"] = it.preferred_given
    if it.birth_date:
        row["birth_date"] = it.birth_date.isoformat()
    if it.other_schools:
        row["other_schools"] = it.other_schools
    _texts(row, it, "preferred_family", "grade", "school", "home_language", "restriction_text")
    _ways(row, it)
    return row


def to_student(sis_id: str, row: Mapping[str, Any]) -> Student:
    return Student(
        id=sis_id,
        birth_date=date.fromisoformat(row["birth_date"]) if row.get("birth_date") else None,
        grade=row.get("grade", ""),
        school=row.get("school", ""),
        other_schools=tuple(row.get("other_schools", ())),
        home_language=row.get("home_language", ""),
        restriction_text=row.get("restriction_text", ""),
        **_names(row),
        **_to_ways(row),
        address=_to_address(row),
    )


def guardian(it: Guardian) -> Row:
    row: Row = {"given": it.given, "family": it.family}
    if it.preferred_given:
        row["preferred"] = it.preferred_given
    if it.can_read is not None:
        row["can_read"] = it.can_read
    _texts(row, it, "preferred_family", "speaks", "reads", "role")
    _ways(row, it)
    return row


def to_guardian(sis_id: str, row: Mapping[str, Any]) -> Guardian:
    return Guardian(
        id=sis_id,
        speaks=row.get("speaks", ""),
        reads=row.get("reads", ""),
        can_read=row.get("can_read"),
        role=row.get("role", ""),
        **_names(row),
        **_to_ways(row),
        address=_to_address(row),
    )


def contact(it: ContactPerson) -> Row:
    row: Row = {"given": it.given, "family": it.family, "relation": it.relation}
    if it.preferred_given:
        row["preferred"] = it.preferred_given
    if it.can_read is not None:
        row["can_read"] = it.can_read
    if it.priority is not None:
        row["priority"] = it.priority
    _texts(row, it, "preferred_family", "speaks", "reads", "restriction_text")
    _ways(row, it)
    return row


def to_contact(sis_id: str, student_id: str, row: Mapping[str, Any]) -> ContactPerson:
    return ContactPerson(
        id=sis_id,
        student=student_id,
        relation=row.get("relation", ""),
        speaks=row.get("speaks", ""),
        reads=row.get("reads", ""),
        can_read=row.get("can_read"),
        priority=row.get("priority"),
        restriction_text=row.get("restriction_text", ""),
        **_names(row),
        **_to_ways(row),
        address=_to_address(row),
    )


def staff(it: Staff) -> Row:
    row: Row = {"given": it.given, "family": it.family}
    if it.preferred_given:
        row["preferred"] = it.preferred_given
    _texts(row, it, "preferred_family")
    if it.emails:
        row["emails"] = [email.lower() for email in it.emails]
    if it.phones:
        row["phones"] = [list(phone) for phone in it.phones]
    if it.roles:
        row["roles"] = sorted(list(role) for role in it.roles)
    return row


def to_staff(sis_id: str, row: Mapping[str, Any]) -> Staff:
    return Staff(
        id=sis_id,
        emails=tuple(row.get("emails", ())),
        phones=phones(row),
        roles=tuple((school, role) for school, role in row.get("roles", ())),
        **_names(row),
    )


def link(it: Link) -> Row:
    row: Row = {}
    _texts(row, it, "relation", "restriction_text")
    for name in (
        "lives_with",
        "primary_contact",
        "priority",
        "legal_guardian",
        "emergency_contact",
    ):
        value = getattr(it, name)
        if value is not None:
            row[name] = value
    return row


def to_link(student_id: str, guardian_id: str, row: Mapping[str, Any]) -> Link:
    return Link(
        student=student_id,
        guardian=guardian_id,
        relation=row.get("relation", ""),
        lives_with=row.get("lives_with"),
        primary_contact=row.get("primary_contact"),
        priority=row.get("priority"),
        legal_guardian=row.get("legal_guardian"),
        emergency_contact=row.get("emergency_contact"),
        restriction_text=row.get("restriction_text", ""),
    )


def phones(row: Mapping[str, Any]) -> tuple[Phone, ...]:
    return tuple(Phone(*phone) for phone in row.get("phones", ()))


def _texts(row: Row, it: object, *names: str) -> None:
    for name in names:
        text = getattr(it, name)
        if text:
            row[name] = text


def _ways(row: Row, it: Student | Guardian | ContactPerson) -> None:
    if it.emails:
        row["emails"] = [email.lower() for email in it.emails]
    if it.phones:
        row["phones"] = it.phones
    if it.unreadable_phones:
        row["unreadable_phones"] = it.unreadable_phones
    if it.address != NO_ADDRESS:
        row["address"] = it.address


def _to_ways(row: Mapping[str, Any]) -> Any:
    return {
        "emails": tuple(row.get("emails", ())),
        "phones": phones(row),
        "unreadable_phones": tuple(row.get("unreadable_phones", ())),
    }


def _to_address(row: Mapping[str, Any]) -> Address:
    return Address(*row.get("address", ()))


def _names(row: Mapping[str, Any]) -> Any:
    return {
        "given": row.get("given", ""),
        "family": row.get("family", ""),
        "preferred_given": row.get("preferred", ""),
        "preferred_family": row.get("preferred_family", ""),
    }
