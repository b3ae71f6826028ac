"""What the columns of these files are called, and what somebody may say they mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bothways.progress.enums import Day, Kind
from bothways.roster.readers import headers
from bothways.roster.readers.findings import shown
from bothways.roster.readers.headers import Columns
from bothways.roster.readers.unusable import UnusableRoster

_STUDENT = (
    "studentSourcedId", "studentId", "studentNumber", "student_sis_id", "sisStudentId", "pupilId", "stuId",
    "permId", "permNum", "localId", "localStudentId", "userSourcedId", "studentSisId", "idNumber",
)  # fmt: skip
_NAMES = (
    "studentName", "firstName", "lastName", "givenName", "familyName", "name", "grade", "gradeLevel", "email",
    "birthDate", "gender", "homeroom", "teacher", "teacherName", "period", "comment", "comments", "notes",
    "status2", "dateLastModified", "sourcedId", "attendanceId", "schoolName", "term", "gradingPeriod", "year",
)  # fmt: skip

ATTENDANCE = Columns(
    standard={
        "student": _STUDENT,
        "date": ("attendanceDate", "absenceDate", "day", "eventDate", "calendarDate", "absDate"),
        "category": (
            "attendanceCategory", "attendanceCode", "code", "absenceCode", "attendanceStatus", "status",
            "type", "attendanceType", "absenceType", "attendance", "attendanceEventCategory", "mark",
        ),
        "reason": ("attendanceReason", "absenceReason", "description", "codeDescription"),
        "duration": ("eventDuration", "daysAbsent", "dayFraction", "fractionOfDay", "portion"),
        "school": ("schoolSourcedId", "schoolId", "schoolNumber", "orgSourcedId", "campusId", "buildingId"),
    },
    ignored=_NAMES,
)  # fmt: skip
GRADEBOOK = Columns(
    standard={
        "student": _STUDENT,
        "course": ("courseName", "courseTitle", "className", "classTitle", "subject", "sectionName"),
        "section": ("sectionId", "classSourcedId", "classId", "sectionSourcedId", "courseSectionId"),
        "title": ("assignment", "assignmentName", "assignmentTitle", "task", "item", "lineItem", "work"),
        "id": ("assignmentId", "lineItemSourcedId", "taskId", "itemId"),
        "due": ("dueDate", "dateDue", "deadline", "dueOn"),
        "score": ("pointsEarned", "earned", "pointsScored", "mark", "points", "result"),
        "possible": ("pointsPossible", "maxPoints", "maxScore", "outOf", "possiblePoints", "resultValueMax"),
        "status": ("scoreStatus", "submissionStatus", "workflowState", "flag", "assignmentStatus", "state"),
        "missing": ("isMissing", "missingFlag"),
        "late": ("isLate", "lateFlag"),
    },
    ignored=_NAMES,
)  # fmt: skip
LINE_ITEMS = Columns(
    standard={
        "id": ("sourcedId",),
        "status": (),
        "title": (),
        "due": ("dueDate",),
        "section": ("classSourcedId",),
        "possible": ("resultValueMax",),
    },
    ignored=(
        "dateLastModified", "description", "assignDate", "categorySourcedId", "gradingPeriodSourcedId",
        "academicSessionSourcedId", "schoolSourcedId", "resultValueMin", "scoreScaleSourcedId",
    ),
)  # fmt: skip
RESULTS = Columns(
    standard={
        "id": ("lineItemSourcedId",),
        "status": (),
        "student": ("studentSourcedId",),
        "score_status": ("scoreStatus",),
        "score": (),
        "missing": (),
        "late": (),
        "incomplete": (),
    },
    ignored=(
        "sourcedId", "dateLastModified", "scoreDate", "comment", "scoreScaleSourcedId", "textScore",
        "classSourcedId", "inProgress",
    ),
)  # fmt: skip

OF_KIND: dict[Kind, Columns] = {Kind.ATTENDANCE: ATTENDANCE, Kind.GRADEBOOK: GRADEBOOK}
REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.ATTENDANCE: ("student", "date", "category"),
    Kind.GRADEBOOK: ("student", "title"),
}


class UnusableFile(UnusableRoster):
    """This cannot be read; nothing was changed. The text is one sentence for an office."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the columns of one table mean: our names → the table's own titles.

    ``words``: what the district's own codes mean, where the words do not say it. ``dates``: "mdy" or "dmy"
    where a date such as 3/4/2026 could be either, else "".
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Day] = field(default_factory=dict)
    dates: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"columns": dict(self.columns), "words": dict(self.words), "dates": self.dates}


def guess(kind: Kind, header: Sequence[str]) -> Meaning:
    """What the columns mean by their names; what cannot be told is left out."""
    found = headers.match(header, OF_KIND[kind])
    return Meaning({ours: header[place] for ours, place in found.at.items()})


def problems(kind: Kind, meaning: Meaning, header: Sequence[str]) -> list[str]:
    """What is wrong with it, each a sentence; empty if it can be used."""
    told = [
        f"There is no column {shown(title)} in this table."
        for title in meaning.columns.values()
        if title not in header
    ]
    told += [
        f"Say which column is {_SAID[name]}."
        for name in REQUIRED[kind]
        if name not in meaning.columns
    ]
    return told


_SAID = {
    "student": "the student’s number, as it stands in the roster",
    "date": "the date",
    "category": "what happened: absent, excused, tardy",
    "title": "the name of the assignment",
}


def from_json(values: object, kind: Kind) -> Meaning:
    """Raises UnusableFile."""
    if not isinstance(values, dict) or not isinstance(values.get("columns"), dict):
        raise UnusableFile(
            'The mapping is not of this form: {"columns": {"student": "Student ID", …}}.'
        )
    columns = values["columns"]
    known = OF_KIND[kind].standard
    for name, title in columns.items():
        if name not in known:
            raise UnusableFile(
                f"{shown(str(name))} is nothing that {kind.value} has. Use {', '.join(known)}."
            )
        if not isinstance(title, str):
            raise UnusableFile(f"The mapping of {shown(name)} must be the title of a column.")
    words: dict[str, Day] = {}
    given = values.get("words", {})
    if not isinstance(given, dict):
        raise UnusableFile('The mapping’s "words" is a table: {"AWOL": "unexcused"}.')
    for word, means in given.items():
        try:
            words[str(word).strip().casefold()] = Day(str(means))
        except ValueError:
            raise UnusableFile(
                f"{shown(str(means))} is no meaning of a word. Use one of {', '.join(Day)}."
            ) from None
    dates = str(values.get("dates", ""))
    if dates not in ("", "mdy", "dmy"):
        raise UnusableFile('The mapping’s "dates" is "mdy" or "dmy".')
    return Meaning(dict(columns), words, dates)


def load(path: Path, kind: Kind) -> Meaning:
    """The mapping in this JSON file. Raises UnusableFile."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise UnusableFile(f"The mapping {path.name} could not be read. Check the path.") from error
    try:
        return from_json(json.loads(text), kind)
    except (ValueError, RecursionError) as error:
        raise UnusableFile(f"The mapping {path.name} is no JSON.") from error
