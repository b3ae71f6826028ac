"""What the columns of one table mean: written by hand, guessed, or corrected on a page.

The format stands in docs/reference/roster-mapping.md.
"""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from bothways.roster.readers.findings import shown
from bothways.roster.readers.headers import fold
from bothways.roster.readers.unusable import UnusableRoster

_ADDRESS = ("street", "unit", "city", "state", "postal_code", "country")
STUDENT_FIELDS = (
    "id", "given_name", "family_name", "name", "preferred_given_name", "preferred_family_name",
    "birth_date", "grade", "school", "school_id", "email", "phone", "home_language", "restriction",
    *_ADDRESS,
)  # fmt: skip
GUARDIAN_FIELDS = (
    "id", "given_name", "family_name", "name", "preferred_given_name", "preferred_family_name",
    "relation", "mobile", "phone", "email", "language", "reads", "can_read", "lives_with",
    "primary_contact", "priority", "legal_guardian", "emergency_contact", "restriction", *_ADDRESS,
)  # fmt: skip
_IDENTIFY_GUARDIAN = ("given_name", "family_name", "name", "mobile", "phone", "email")
_CONSTANTS = ("school", "school_id", "relation", "language", "reads", "home_language", "country",
              "state", "city", "lives_with", "legal_guardian", "emergency_contact")  # fmt: skip
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a value comes from: one or several columns, or the same words for everybody."""

    columns: tuple[str, ...] = ()
    constant: str = ""


Fields = Table[str, Cell]


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row is one student with any number of guardians."""

    student: Fields
    guardians: tuple[Fields, ...] = ()
    district: tuple[str, str] | None = None  # id, name
    dates: Literal["", "mdy", "dmy"] = ""
    part: bool = False  # True: whoever is not in the table is not gone

    def cells(self) -> Iterator[tuple[str, str, Cell]]:
        """(in words for whom, field, cell)."""
        for name, cell in self.student.items():
            yield "the student", name, cell
        for number, guardian in enumerate(self.guardians, 1):
            for name, cell in guardian.items():
                yield f"guardian {number}", name, cell

    def to_json(self) -> dict[str, Any]:
        """As it stands in a file; ``from_json`` reads it back."""
        written: dict[str, Any] = {
            "student": _written(self.student),
            "guardians": [_written(guardian) for guardian in self.guardians],
        }
        if self.district:
            written["district"] = {"id": self.district[0], "name": self.district[1]}
        if self.dates:
            written["dates"] = self.dates
        if self.part:
            written["part"] = True
        return written


def _written(fields: Fields) -> dict[str, Any]:
    return {
        name: {"is": cell.constant}
        if cell.constant
        else cell.columns[0]
        if len(cell.columns) == 1
        else list(cell.columns)
        for name, cell in fields.items()
    }


@dataclass(slots=True)
class _Problems:
    words: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        self.words.append(words)


def load(path: Path) -> Mapping:
    """A mapping file, or UnusableRoster."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UnusableRoster(f"The mapping {path.name} is too large to be one.")
        text = path.read_text("utf-8-sig")
        return from_json(json.loads(text))
    except OSError as error:
        raise UnusableRoster(
            f"The mapping {path} could not be read ({error.strerror or error})."
        ) from error
    except json.JSONDecodeError as error:
        raise UnusableRoster(
            f"The mapping {path.name} is no JSON: line {error.lineno}, {error.msg}."
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UnusableRoster(f"The mapping {path.name} is no JSON text in UTF-8.") from error


def from_json(data: object) -> Mapping:
    """A mapping from parsed JSON; UnusableRoster names everything that is wrong with it."""
    problems = _Problems()
    if not isinstance(data, dict) or not isinstance(data.get("student"), dict):
        raise UnusableRoster('The mapping must be an object with a part "student".')
    for key in data:
        if key not in ("student", "guardians", "district", "dates", "part", "about"):
            problems.add(f"it has a part {shown(str(key))} that means nothing")
    student = _fields(data["student"], STUDENT_FIELDS, "the student", problems)
    raw = data.get("guardians", [])
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        problems.add('"guardians" must be a list of objects')
        raw = []
    guardians = tuple(
        _fields(item, GUARDIAN_FIELDS, f"guardian {number}", problems)
        for number, item in enumerate(raw, 1)
    )
    dates = data.get("dates", "")
    if dates not in ("", "mdy", "dmy"):
        problems.add('"dates" must be "mdy" or "dmy"')
        dates = ""
    part = data.get("part", False)
    if not isinstance(part, bool):
        problems.add('"part" must be true or false')
    mapping = Mapping(
        student, guardians, _district(data.get("district"), problems), dates, part is True
    )
    _check_fields(mapping, problems)
    if problems.words:
        raise UnusableRoster(f"The mapping cannot be used: {'; '.join(problems.words)}.")
    return mapping


def _district(raw: object, problems: _Problems) -> tuple[str, str] | None:
    if raw is None:
        return None
    if isinstance(raw, dict) and all(
        isinstance(raw.get(k), str) and raw[k] for k in ("id", "name")
    ):
        return raw["id"], raw["name"]
    problems.add('"district" must have an "id" and a "name"')
    return None


def _fields(
    raw: dict[str, object], allowed: Sequence[str], whose: str, problems: _Problems
) -> dict[str, Cell]:
    fields: dict[str, Cell] = {}
    for name, value in raw.items():
        if name not in allowed:
            near = get_close_matches(str(name), allowed, 1)
            hint = f"; did you mean “{near[0]}”?" if near else ""
            problems.add(f"for {whose}, {shown(str(name))} is no field{hint}")
        elif isinstance(value, str) and value.strip():
            fields[name] = Cell((value,))
        elif isinstance(value, list) and value and all(isinstance(v, str) and v for v in value):
            fields[name] = Cell(tuple(value))
        elif isinstance(value, dict) and isinstance(value.get("is"), str) and len(value) == 1:
            if name in _CONSTANTS:
                fields[name] = Cell(constant=value["is"])
            else:
                problems.add(f"for {whose}, {name} cannot be the same for everybody")
        elif value not in (None, "", []):
            problems.add(f'for {whose}, {name} must name a column, columns, or be {{"is": "…"}}')
    return fields


def _check_fields(mapping: Mapping, problems: _Problems) -> None:
    student = mapping.student
    if "id" not in student:
        problems.add("it does not say which column holds the student's id")
    if "name" not in student and not {"given_name", "family_name"} <= student.keys():
        problems.add("it does not say which columns hold the student's name")
    for number, guardian in enumerate(mapping.guardians, 1):
        if not any(name in guardian for name in _IDENTIFY_GUARDIAN):
            problems.add(f"guardian {number} has neither a name nor a phone or email")


def check(mapping: Mapping, header: Sequence[str]) -> list[str]:
    """What is wrong with a mapping for a table with this header; empty if nothing is."""
    problems = _Problems()
    _check_fields(mapping, problems)
    known = {fold(title) for title in header}
    for whose, name, cell in mapping.cells():
        for column in cell.columns:
            if fold(column) not in known:
                near = get_close_matches(column, header, 1, 0.6)
                hint = f"; the nearest is {shown(near[0])}" if near else ""
                problems.add(f"{name} of {whose}: there is no column {shown(column)}{hint}")
    return problems.words
