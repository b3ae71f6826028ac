"""The mapping of a table's columns as a form: one choice for each column."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.roster.readers.mapping import GUARDIAN_FIELDS, STUDENT_FIELDS, Mapping

GUARDIANS = 4
_NAMES: dict[str, Promise] = {
    "id": _("number or id"),
    "given_name": _("first name"),
    "family_name": _("last name"),
    "name": _("whole name"),
    "preferred_given_name": _("first name in use"),
    "preferred_family_name": _("last name in use"),
    "birth_date": _("birth date"),
    "grade": _("grade"),
    "school": _("school"),
    "school_id": _("school’s number"),
    "email": _("email"),
    "phone": _("phone"),
    "mobile": _("mobile phone (takes texts)"),
    "home_language": _("language at home"),
    "restriction": _("restriction or court order"),
    "relation": _("relation to the student"),
    "language": _("language spoken"),
    "reads": _("language read"),
    "can_read": _("can read"),
    "lives_with": _("lives with the student"),
    "primary_contact": _("first contact"),
    "priority": _("order of contact"),
    "legal_guardian": _("legal guardian"),
    "emergency_contact": _("emergency contact"),
    "street": _("street"),
    "unit": _("apartment"),
    "city": _("city"),
    "state": _("state"),
    "postal_code": _("ZIP code"),
    "country": _("country"),
}


def options() -> list[tuple[str, list[tuple[str, Promise]]]]:
    """(group, choices) for the select of a column."""
    student = [(f"s.{name}", _NAMES[name]) for name in STUDENT_FIELDS]
    adults = [
        (
            str(_("Guardian %(number)d") % {"number": number}),
            [(f"g{number}.{name}", _NAMES[name]) for name in GUARDIAN_FIELDS],
        )
        for number in range(1, GUARDIANS + 1)
    ]
    return [(str(_("The student")), student), *adults]


def chosen(mapping: Mapping, header: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The choice for each column of a header, and what is the same for everybody."""
    by_column: dict[str, str] = {}
    constants: dict[str, str] = {}
    owners = [("s", mapping.student)] + [
        (f"g{number}", fields) for number, fields in enumerate(mapping.guardians[:GUARDIANS], 1)
    ]
    for owner, fields in owners:
        for name, cell in fields.items():
            for column in cell.columns:
                by_column.setdefault(column, f"{owner}.{name}")
            if cell.constant:
                constants[f"{owner}.{name}"] = cell.constant
    return [by_column.get(column, "") for column in header], constants


def from_form(data: QueryDict, header: Sequence[str]) -> dict[str, Any]:
    """The mapping as JSON (``readers.mapping.from_json`` checks it) from the choices that were made."""
    known = {f"s.{name}" for name in STUDENT_FIELDS} | {
        f"g{number}.{name}" for number in range(1, GUARDIANS + 1) for name in GUARDIAN_FIELDS
    }
    fields: dict[str, dict[str, Any]] = defaultdict(dict)
    for place, column in enumerate(header):
        choice = data.get(f"column-{place}", "")
        if choice in known:
            owner, _dot, name = choice.partition(".")
            fields[owner].setdefault(name, []).append(column)
    for name, value in data.items():
        choice = name.removeprefix("same-")
        if name.startswith("same-") and choice in known and str(value).strip():
            owner, _dot, field = choice.partition(".")
            # What is the same for everybody only counts for an adult of whom columns speak.
            if owner == "s" or owner in fields:
                fields[owner].setdefault(field, {"is": str(value).strip()[:200]})
    mapping: dict[str, Any] = {
        "student": fields.get("s", {}),
        "guardians": [
            fields[f"g{number}"] for number in range(1, GUARDIANS + 1) if f"g{number}" in fields
        ],
    }
    if data.get("dates") in ("mdy", "dmy"):
        mapping["dates"] = data["dates"]
    if data.get("part"):
        mapping["part"] = True
    return mapping
