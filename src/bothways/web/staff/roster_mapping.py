"""The mapping of a table's columns as a form: one choice for each column."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.roster.readers.mapping import GUARDIAN_FIELDS, STUDENT_FIELDS, Mapping

GUARDIANS = 4
_NAMES: dict[str, Promise] = {
    "id": gettext_lazy("number or id"),
    "given_name": gettext_lazy("first name"),
    "family_name": gettext_lazy("last name"),
    "name": gettext_lazy("whole name"),
    "preferred_given_name": gettext_lazy("first name in use"),
    "preferred_family_name": gettext_lazy("last name in use"),
    "birth_date": gettext_lazy("birth date"),
    "grade": gettext_lazy("grade"),
    "school": gettext_lazy("school"),
    "school_id": gettext_lazy("school’s number"),
    "email": gettext_lazy("email"),
    "phone": gettext_lazy("phone"),
    "mobile": gettext_lazy("mobile phone (takes texts)"),
    "home_language": gettext_lazy("language at home"),
    "restriction": gettext_lazy("restriction or court order"),
    "relation": gettext_lazy("relation to the student"),
    "language": gettext_lazy("language spoken"),
    "reads": gettext_lazy("language read"),
    "can_read": gettext_lazy("can read"),
    "lives_with": gettext_lazy("lives with the student"),
    "primary_contact": gettext_lazy("first contact"),
    "priority": gettext_lazy("order of contact"),
    "legal_guardian": gettext_lazy("legal guardian"),
    "emergency_contact": gettext_lazy("emergency contact"),
    "street": gettext_lazy("street"),
    "unit": gettext_lazy("apartment"),
    "city": gettext_lazy("city"),
    "state": gettext_lazy("state"),
    "postal_code": gettext_lazy("ZIP code"),
    "country": gettext_lazy("country"),
}


def options() -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, choices) for the select of a column."""
    student = [
        (f"s.{name}", _("Student: %(what)s") % {"what": _NAMES[name]}) for name in STUDENT_FIELDS
    ]
    adults = [
        (
            _("Guardian %(number)d") % {"number": number},
            [
                (
                    f"g{number}.{name}",
                    # A closed select shows only this: whose it is must stand in it.
                    _("Guardian %(number)d: %(what)s") % {"number": number, "what": _NAMES[name]},
                )
                for name in GUARDIAN_FIELDS
            ],
        )
        for number in range(1, GUARDIANS + 1)
    ]
    return [(_("The student"), student), *adults]


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
