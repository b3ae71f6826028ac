"""One row of users.csv, before it is known what the person is to whom."""

from collections.abc import Iterator
from datetime import date
from sys import intern

from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.values import (
    LONGEST_ID,
    Values,
    clean,
    grade,
    is_email,
    items,
    note,
    optional,
)
from bothways.roster.records import Address, Phone

_CELLS = (
    "id", "status", "role", "orgs", "primary_org", "given", "family", "preferred_given",
    "preferred_family", "email", "sms", "phone", "work_phone", "agents", "grades", "home_language",
    "speaks", "reads", "can_read", "relation", "restriction", "birth_date",
    "username", "street", "unit", "city", "state", "postal_code", "country",
)  # fmt: skip


class Person:
    """A user as read; equal if everything but the line is."""

    __slots__ = (
        "address",
        "agents",
        "birth_date",
        "can_read",
        "emails",
        "family",
        "given",
        "grade",
        "home_language",
        "id",
        "line",
        "orgs",
        "phones",
        "preferred_family",
        "preferred_given",
        "primary_org",
        "reads",
        "relation",
        "restriction",
        "role",
        "speaks",
        "unreadable_phones",
        "username",
    )

    id: str
    line: int
    role: str
    orgs: tuple[str, ...]
    primary_org: str
    given: str
    family: str
    preferred_given: str
    preferred_family: str
    emails: tuple[str, ...]
    phones: tuple[Phone, ...]
    unreadable_phones: tuple[str, ...]
    agents: tuple[str, ...]
    grade: str
    address: Address
    home_language: str
    speaks: str
    reads: str
    can_read: bool | None
    relation: str
    restriction: str
    birth_date: date | None
    username: str  # only where it is an email address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Person) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__ if name != "line"
        )

    __hash__ = None  # type: ignore[assignment]


def read(
    files: RosterFiles, values: Values, gone: set[str]
) -> tuple[OpenTable | None, dict[str, Person]]:
    """Everybody in users.csv by id; ids that the roster ends go into ``gone``."""
    table = files.open("users", "id")
    people: dict[str, Person] = {}
    if table is None:
        return None, people
    findings = values.findings
    for person in _rows(table, values, gone):
        first = people.setdefault(person.id, person)
        if first is not person and first != person:
            findings.reject(
                table.file,
                person.line,
                table.column("id"),
                f"this id stands in line {first.line} already, with other data",
                "the first one stays",
            )
    for key in gone & people.keys():
        findings.flag(
            table.file,
            people[key].line,
            table.column("status"),
            "this id is ended in another line; it is taken as current",
        )
        gone.discard(key)
    return table, people


def _rows(table: OpenTable, values: Values, gone: set[str]) -> Iterator[Person]:
    findings, file = values.findings, table.file
    dates = table.dates(findings, values.region, "birth_date")
    names = {cell: table.column(cell) for cell in _CELLS}
    for line, row in table.rows(*_CELLS):
        key = row[0].strip()
        if not usable_id(key, findings, file, line, names["id"]):
            continue
        if ended(row[1]):
            gone.add(key)
            continue
        p = Person()
        p.id, p.line = key, line
        p.role = intern(row[2].strip())
        p.orgs = tuple(map(intern, items(row[3]))) if row[3] else ()
        p.primary_org = intern(row[4].strip())
        p.given, p.family = clean(row[5]), clean(row[6])
        p.preferred_given = clean(row[7]) if row[7] else ""
        p.preferred_family = clean(row[8]) if row[8] else ""
        p.emails = values.emails(row[9], file, line, names["email"])
        p.phones, p.unreadable_phones = values.phones(
            (
                (row[10], names["sms"], True),
                (row[11], names["phone"], False),
                (row[12], names["work_phone"], False),
            ),
            file,
            line,
        )
        p.agents = tuple(items(row[13])) if row[13] else ()
        p.grade = student_grade(row[14], findings, file, line, names["grades"])
        p.home_language = values.language(row[15], file, line, names["home_language"])
        p.speaks = values.language(row[16], file, line, names["speaks"])
        p.reads = values.language(row[17], file, line, names["reads"])
        p.can_read = values.boolean(row[18], file, line, names["can_read"])
        p.relation = intern(optional(row[19])) if row[19] else ""
        p.restriction = note(row[20]) if row[20] else ""
        p.birth_date = None
        if row[21] and (birth := optional(row[21])):
            p.birth_date = dates.read(birth)
            if p.birth_date is None:
                findings.flag(file, line, names["birth_date"], "no date; taken as not known")
        p.username = ""
        if "@" in row[22] and is_email(username := row[22].strip().lower()):
            p.username = username
        p.address = values.address(row[23:])
        yield p


def usable_id(key: str, findings: Findings, file: str, line: int, column: str) -> bool:
    """Whether a record can be known by this id; says so if it cannot."""
    if not key:
        findings.reject(file, line, column, "there is no id")
    elif len(key) > LONGEST_ID:
        findings.reject(file, line, column, f"the id is longer than {LONGEST_ID} characters")
    elif not key.isprintable():
        findings.reject(file, line, column, "the id holds characters that cannot be printed")
    else:
        return True
    return False


def student_grade(text: str, findings: Findings, file: str, line: int, column: str) -> str:
    """The grade; the first if there are several."""
    if not text:
        return ""
    several = items(text)
    if len(several) > 1:
        findings.flag(file, line, column, "more than one grade; the first is taken")
    return intern(grade(several[0])) if several else ""
