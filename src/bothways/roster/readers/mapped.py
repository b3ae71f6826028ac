"""One table, one row a student with the guardians beside: what most offices can export."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from sys import intern
from typing import NamedTuple, TypeVar

from bothways.roster import restrictions
from bothways.roster.readers import relations
from bothways.roster.readers.dates import Dates
from bothways.roster.readers.findings import Findings, shown
from bothways.roster.readers.headers import fold
from bothways.roster.readers.mapping import Fields, Mapping, check
from bothways.roster.readers.people import student_grade, usable_id
from bothways.roster.readers.phones import merge
from bothways.roster.readers.population import UNREADABLE
from bothways.roster.readers.tables import Table
from bothways.roster.readers.unusable import UnusableRoster
from bothways.roster.readers.values import Values, clean, note, optional
from bothways.roster.records import (
    NO_ADDRESS,
    Address,
    ContactPerson,
    District,
    Guardian,
    Link,
    Mode,
    Parsed,
    Phone,
    School,
    Student,
)

T = TypeVar("T")

_PARTICLES = {"de", "la", "las", "los", "del", "van", "von", "der", "den", "da", "dos", "do", "di",
              "al", "el", "bin", "ben", "ibn", "abu", "st.", "san", "le", "mc", "o'", "y"}  # fmt: skip
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_TOGETHER = re.compile(r"\s(?:and|&|y|\+)\s|/", re.IGNORECASE)
_LISTS = ("phone", "mobile", "email")


class _Adult(NamedTuple):
    """A guardian's columns of one row, before it is known who is who."""

    student: str
    slot: int
    line: int
    given_id: str
    name: str  # folded, "" if there is none
    alike: bool  # may be one person with others of the same name
    guardian: Guardian
    relation: relations.Relation
    said: bool  # the table itself names the relation
    link: Link


def read(table: Table, mapping: Mapping, findings: Findings, *, region: str) -> Parsed:
    """Students, guardians and links of a table; UnusableRoster if the mapping does not fit it."""
    if problems := check(mapping, table.header):
        raise UnusableRoster(
            f"The mapping does not fit {table.file}: {'; '.join(problems)}. Mend the mapping."
        )
    return _Reader(table, mapping, findings, region).read()


class _Row:
    """The mapped values of one row for one person."""

    def __init__(self, fields: Fields, at: dict[str, int]) -> None:
        self._places = {
            name: tuple(at[fold(column)] for column in cell.columns)
            for name, cell in fields.items()
            if cell.columns
        }
        self._constants = {name: cell.constant for name, cell in fields.items() if cell.constant}
        self.columns = {name: cell.columns[0] for name, cell in fields.items() if cell.columns}

    def get(self, row: Sequence[str], name: str) -> str:
        places = self._places.get(name)
        if places is None:
            return self._constants.get(name, "")
        if len(places) == 1:
            return row[places[0]].strip()
        joint = "\n" if name in _LISTS else " "
        return joint.join(value for place in places if (value := row[place].strip()))

    def column(self, name: str) -> str:
        return self.columns.get(name, "")


class _Reader:
    def __init__(self, table: Table, mapping: Mapping, findings: Findings, region: str) -> None:
        self.table, self.mapping, self.findings = table, mapping, findings
        self.file, self.region = table.file, region
        self.values = Values(findings, region)
        at: dict[str, int] = {}
        for index, title in enumerate(table.header):
            if title and at.setdefault(fold(title), index) != index:
                findings.flag(
                    self.file,
                    table.header_line,
                    title,
                    "this column is there twice; the first is read",
                )
        self.student = _Row(mapping.student, at)
        self.guardians = [_Row(fields, at) for fields in mapping.guardians]
        self.out = Parsed("mapped", rejected=findings.rejected, flagged=findings.flagged)
        self.schools: dict[str, School] = {}
        self.adults: list[_Adult] = []
        self.dates = self._dates()

    def _dates(self) -> Dates:
        order = self.mapping.dates
        if order:
            # Said by a person: one day beyond 12 in that order settles it.
            evidence = "12/31/2000" if order == "mdy" else "31/12/2000"
            return Dates(lambda: (evidence,), self.region, lambda words: None)
        return Dates(
            lambda: (self.student.get(row, "birth_date") for _, row in self.table.rows()),
            self.region,
            lambda words: self.findings.flag(
                self.file, self.table.header_line, self.student.column("birth_date"), words
            ),
        )

    def read(self) -> Parsed:
        students: dict[str, Student] = {}
        for line, row in self.table.rows():
            student = self._student(line, row)
            if student is None:
                continue
            first = students.setdefault(student.id, student)
            if first != student:
                self.findings.reject(
                    self.file,
                    line,
                    self.student.column("id"),
                    f"this id stands in line {first.line} already, with other data",
                    "the first one stays",
                )
                continue
            # The same student again, with other adults: one row a contact is usual too.
            for slot, fields in enumerate(self.guardians, 1):
                adult = self._adult(student, slot, fields, line, row)
                if adult is not None:
                    self.adults.append(adult)
        out = self.out
        out.students = list(students.values())
        out.schools = list(self.schools.values())
        if self.mapping.district:
            out.district = District(*self.mapping.district)
        _People(out, self.findings, self.adults).build()
        out.modes = self._modes()
        self.values.finish()
        return out

    def _modes(self) -> dict[str, Mode]:
        people: Mode = "delta" if self.mapping.part else "bulk"
        adults: Mode = people if self.guardians else "absent"
        return {
            # A school without students in this table may well have other tables.
            "school": "delta",
            "term": "absent",
            "section": "absent",
            "student": people,
            "guardian": adults,
            "staff": "absent",
            "contact": adults,
            "link": adults,
            "enrollment": "absent",
            "birth_date": people if "birth_date" in self.mapping.student else "absent",
        }

    def _student(self, line: int, row: Sequence[str]) -> Student | None:
        fields, values, file = self.student, self.values, self.file
        key = fields.get(row, "id")
        if not usable_id(key, self.findings, file, line, fields.column("id")):
            return None
        given, family = self._names(fields, row, line)
        if not given and not family:
            self._flag(line, fields, "name", "this student has no name")
        birth = fields.get(row, "birth_date")
        birth_date = self.dates.read(birth) if optional(birth) else None
        if optional(birth) and birth_date is None:
            self._flag(line, fields, "birth_date", "no date; taken as not known")
        phones, unreadable = values.phones(
            ((fields.get(row, "phone"), fields.column("phone"), False),), file, line
        )
        emails = values.emails(fields.get(row, "email"), file, line, fields.column("email"))
        restriction = note(fields.get(row, "restriction"))
        if restrictions.concerns(restriction):
            self._flag(
                line, fields, "restriction",
                "a restriction that does not say whom it concerns: read it",
            )  # fmt: skip
        return Student(
            key,
            given,
            family,
            clean(fields.get(row, "preferred_given_name")),
            clean(fields.get(row, "preferred_family_name")),
            birth_date,
            student_grade(
                fields.get(row, "grade"), self.findings, file, line, fields.column("grade")
            ),
            self._school(line, row),
            (),
            emails,
            phones,
            unreadable,
            self._address(fields, row),
            values.language(
                fields.get(row, "home_language"), file, line, fields.column("home_language")
            ),
            restriction,
            file,
            line,
        )

    def _school(self, line: int, row: Sequence[str]) -> str:
        name = optional(self.student.get(row, "school"))
        key = optional(self.student.get(row, "school_id")) or "-".join(_fold(name).split())
        if not key:
            self._flag(line, self.student, "school", "this student has no school")
            return ""
        known = self.schools.get(key)
        if known is None:
            known = self.schools[key] = School(
                intern(key), name or key, "school", "", self.file, line
            )
        return known.id

    def _adult(
        self, student: Student, slot: int, fields: _Row, line: int, row: Sequence[str]
    ) -> _Adult | None:
        values, file, get = self.values, self.file, fields.get
        given, family = self._names(fields, row, line)
        phones, unreadable = values.phones(
            (
                (get(row, "mobile"), fields.column("mobile"), True),
                (get(row, "phone"), fields.column("phone"), False),
            ),
            file,
            line,
        )
        emails = values.emails(get(row, "email"), file, line, fields.column("email"))
        given_id = get(row, "id")
        restriction = note(get(row, "restriction"))
        if not (given or family or phones or unreadable or emails or given_id):
            if restrictions.concerns(restriction):
                self._flag(
                    line, fields, "restriction", "a restriction on somebody without a name: read it"
                )
            return None
        if len(given_id) > 200 or not given_id.isprintable():
            self.findings.reject(file, line, fields.column("id"), "this id cannot be used")
            return None
        word = get(row, "relation")
        if relations.is_self(word):
            self.findings.reject(
                file, line, fields.column("relation"),
                "a student is no guardian of themselves", "not linked",
            )  # fmt: skip
            return None
        relation = relations.relation(word) if word else None
        if word and relation is None:
            self._flag(line, fields, "relation", f"the relation {shown(word)} is not known")
        if restriction and restrictions.read(restriction).unreadable:
            self._flag(line, fields, "restriction", UNREADABLE)
        if not given and not family:
            self._flag(line, fields, "name", "this guardian has no name")
        language = values.language(get(row, "language"), file, line, fields.column("language"))
        reads = values.language(get(row, "reads"), file, line, fields.column("reads"))
        guardian = Guardian(
            "",
            given,
            family,
            clean(get(row, "preferred_given_name")),
            clean(get(row, "preferred_family_name")),
            emails,
            phones,
            unreadable,
            self._address(fields, row),
            language,
            reads or language,
            values.boolean(get(row, "can_read"), file, line, fields.column("can_read")),
            "guardian",
            file,
            line,
        )
        lives_with, primary, legal, emergency = (
            values.boolean(get(row, name), file, line, fields.column(name))
            for name in ("lives_with", "primary_contact", "legal_guardian", "emergency_contact")
        )
        priority = values.priority(get(row, "priority"), file, line, fields.column("priority"))
        link = Link(
            student.id,
            "",
            relation.name if relation else "other" if word else "guardian",
            lives_with,
            primary,
            priority,
            legal,
            emergency,
            restriction,
            file,
            line,
        )
        name = _fold(f"{given} {family}")
        alike = bool(given and family) and (
            not restriction or restrictions.read(restriction) == restrictions.NOTHING
        )
        return _Adult(
            student.id, slot, line, given_id, name, alike, guardian,
            relation or relations.UNKNOWN, relation is not None, link,
        )  # fmt: skip

    def _names(self, fields: _Row, row: Sequence[str], line: int) -> tuple[str, str]:
        given = clean(fields.get(row, "given_name"))
        family = clean(fields.get(row, "family_name"))
        if given or family:
            return given, family
        full = clean(fields.get(row, "name"))
        if _TOGETHER.search(full):
            self._flag(line, fields, "name", "two people in one cell; kept as one")
        return split_name(full)

    def _address(self, fields: _Row, row: Sequence[str]) -> Address:
        parts = tuple(
            fields.get(row, name)
            for name in ("street", "unit", "city", "state", "postal_code", "country")
        )
        # A constant city is no address.
        return self.values.address(parts) if parts[0] or parts[4] else NO_ADDRESS

    def _flag(self, line: int, fields: _Row, name: str, words: str) -> None:
        self.findings.flag(self.file, line, fields.column(name), words)


def split_name(full: str) -> tuple[str, str]:
    """(given, family) of "Craig, Jean", "Jean Craig", "María de la Cruz", "John Smith Jr."."""
    if "," in full:
        family, _, given = full.partition(",")
        if _SUFFIX.fullmatch(given.strip()):
            return split_name(f"{family} {given.strip()}")
        return given.strip(), family.strip()
    words = full.split()
    if len(words) < 2:
        return full, ""
    last = len(words) - 1
    if last > 1 and _SUFFIX.fullmatch(words[last]):
        last -= 1
    while last > 1 and words[last - 1].casefold() in _PARTICLES:
        last -= 1
    return " ".join(words[:last]), " ".join(words[last:])


@lru_cache(maxsize=1 << 14)
def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


def _made_id(*parts: str) -> str:
    return "made-" + hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


class _People:
    """Decides which rows are one person, and writes guardians, contacts and links.

    One person: the same id in the table; or else the same full name with the same phone or email,
    no restriction on either, and not two relations to one student. Such a person's id is made from
    the name and a phone or email, so that it is the same at the next import, whatever siblings come
    or go. Everybody else's is made from the student, the name and, if need be, the place in the row.
    """

    def __init__(self, out: Parsed, findings: Findings, adults: list[_Adult]) -> None:
        self.out, self.findings, self.adults = out, findings, adults
        self.persons: dict[str, Guardian] = {}

    def build(self) -> None:
        keys: dict[int, str] = {}
        for key, group in self._persons():
            rows = [self.adults[index] for index in group]
            guardian = self._joined(key, [row.guardian for row in rows])
            if any(row.relation.standing is not False for row in rows):
                self.out.guardians.append(guardian)
            self.persons[key] = guardian
            keys.update(dict.fromkeys(group, key))
        links: dict[tuple[str, str], Link] = {}
        contacts: dict[tuple[str, str], ContactPerson] = {}
        orders: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for index, adult in enumerate(self.adults):
            pair = (adult.student, keys[index])
            if adult.link.restriction_text:
                orders[pair][adult.link.restriction_text] = None
            if adult.relation.standing is not False:
                links.setdefault(pair, replace(adult.link, guardian=pair[1]))
            else:
                contacts.setdefault(pair, _contact(self.persons[pair[1]], adult))
        # Whichever of several rows for one pair is taken, no restriction of the others is lost.
        self.out.links = [
            replace(link, restriction_text="\n".join(orders[pair])) if pair in orders else link
            for pair, link in links.items()
        ]
        self.out.contacts = [
            replace(contact, restriction_text="\n".join(orders.get(pair, ())))
            for pair, contact in contacts.items()
            if pair not in links
        ]

    def _persons(self) -> Iterator[tuple[str, list[int]]]:
        groups = _Groups(len(self.adults))
        first: dict[tuple[str, str], int] = {}
        relation_of: dict[tuple[str, str], str] = {}
        for index, adult in enumerate(self.adults):
            if adult.given_id:
                groups.join(first.setdefault(("id", adult.given_id), index), index)
                continue
            if not adult.alike or not self._same_relation(relation_of, adult):
                continue
            for contact in _ways(adult.guardian):
                groups.join(first.setdefault((adult.name, contact), index), index)
        members: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self.adults)):
            members[groups.root(index)].append(index)
        taken: set[str] = set()
        for group in members.values():
            key = self._key([self.adults[index] for index in group], taken)
            taken.add(key)
            yield key, group

    @staticmethod
    def _same_relation(relation_of: dict[tuple[str, str], str], adult: _Adult) -> bool:
        """False for the second of two people of one name with two relations to one student."""
        if not adult.said:
            return True
        known = relation_of.setdefault((adult.student, adult.name), adult.relation.name)
        return known == adult.relation.name or not adult.relation.standing

    def _key(self, group: list[_Adult], taken: set[str]) -> str:
        one = group[0]
        if one.given_id:
            return one.given_id
        ways = sorted({way for adult in group if adult.alike for way in _ways(adult.guardian)})
        if ways and one.alike:
            key = _made_id(one.name, ways[0])
            if key not in taken:
                return key
        key = _made_id(one.student, one.name) if one.name else ""
        if not key or key in taken:
            key = _made_id(one.student, one.name, str(one.slot))
        turn = 1
        while key in taken:
            turn += 1
            key = _made_id(one.student, one.name, str(one.slot), str(turn))
        return key

    def _joined(self, key: str, rows: list[Guardian]) -> Guardian:
        """One record of all that the rows say: contact data together, else the first that speaks."""
        first = rows[0]
        if len(rows) == 1:
            return replace(first, id=key)
        address = _first(rows, lambda row: row.address if row.address != NO_ADDRESS else None)
        if any(row.address not in (NO_ADDRESS, address) for row in rows):
            self.findings.flag(
                first.file, first.line, "", "this person has two addresses; the first is taken"
            )
        if len({_fold(f"{row.given} {row.family}") for row in rows}) > 1:
            self.findings.flag(
                first.file,
                first.line,
                "",
                "one id, two names; the first is taken: are they one person?",
            )
        return Guardian(
            key,
            first.given,
            first.family,
            _first(rows, lambda row: row.preferred_given) or "",
            _first(rows, lambda row: row.preferred_family) or "",
            tuple(dict.fromkeys(email for row in rows for email in row.emails)),
            merge(*(row.phones for row in rows)),
            tuple(dict.fromkeys(text for row in rows for text in row.unreadable_phones)),
            address or NO_ADDRESS,
            _first(rows, lambda row: row.speaks) or "",
            _first(rows, lambda row: row.reads) or "",
            next((row.can_read for row in rows if row.can_read is not None), None),
            first.role,
            first.file,
            first.line,
        )


def _first(rows: Iterable[Guardian], what: Callable[[Guardian], T | None]) -> T | None:
    return next((found for row in rows if (found := what(row))), None)


def _ways(guardian: Guardian) -> list[str]:
    """Phones before emails, those that take texts first: which of them an id is made from."""
    return [_way(phone) for phone in guardian.phones] + ["email " + e for e in guardian.emails]


def _way(phone: Phone) -> str:
    return f"phone {phone.number} {phone.extension}"


def _contact(person: Guardian, adult: _Adult) -> ContactPerson:
    return ContactPerson(
        person.id,
        adult.student,
        adult.relation.name,
        person.given,
        person.family,
        person.preferred_given,
        person.preferred_family,
        person.emails,
        person.phones,
        person.unreadable_phones,
        person.address,
        person.speaks,
        person.reads,
        person.can_read,
        adult.link.priority,
        adult.link.restriction_text,
        adult.link.file,
        adult.link.line,
    )


class _Groups:
    """Which indexes belong together (union by the smaller index)."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def root(self, index: int) -> int:
        while self._above[index] != index:
            self._above[index] = self._above[self._above[index]]
            index = self._above[index]
        return index

    def join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        self._above[max(a, b)] = min(a, b)
