"""What a roster says, in plain normalised values: the hand-over from the readers to the database.

Ids are the roster's own. Texts are trimmed and in Unicode NFC; "" and None mean that the roster says
nothing. ``file`` and ``line`` say where a record starts (physical line, 1 = header) and take no part
in equality: the same words elsewhere in the file are the same record.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Mode = Literal["bulk", "delta", "absent"]
Format = Literal["oneroster", "sds", "mapped"]


class Phone(NamedTuple):
    """A number that can be dialled; evidence decides what kind it really is."""

    number: str  # E.164, "+15125550142"
    extension: str = ""
    texts: bool = False  # the roster says that it receives texts (an sms or mobile column)


class Address(NamedTuple):
    """A postal address as the roster divides it."""

    street: str = ""
    unit: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


NO_ADDRESS = Address()


@dataclass(frozen=True, slots=True)
class District:
    id: str
    name: str
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class School:
    """Any organisation at or below the district that is not the district itself."""

    id: str
    name: str
    kind: str = "school"  # as the roster calls it: school, department, college, campus
    parent: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    id: str
    title: str
    kind: str = ""  # term, semester, schoolYear, gradingPeriod
    start: date | None = None
    end: date | None = None
    parent: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    school: str
    title: str
    grade: str = ""  # several are divided by ","
    term_ids: tuple[str, ...] = ()
    course_title: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Student:
    id: str
    given: str
    family: str
    preferred_given: str = ""
    preferred_family: str = ""
    birth_date: date | None = None
    grade: str = ""  # CEDS: PK, TK, KG, 01 … 13, UG
    school: str = ""
    other_schools: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    unreadable_phones: tuple[str, ...] = ()
    address: Address = NO_ADDRESS
    home_language: str = ""  # BCP 47
    restriction_text: str = ""  # says something about some adult, not which: a person must read it
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Guardian:
    """An adult whom the roster calls parent, guardian or relative of a student."""

    id: str
    given: str
    family: str
    preferred_given: str = ""
    preferred_family: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    unreadable_phones: tuple[str, ...] = ()  # as written: a person can often mend them
    address: Address = NO_ADDRESS
    speaks: str = ""  # BCP 47
    reads: str = ""  # BCP 47
    can_read: bool | None = None
    role: str = ""  # parent, guardian, relative: the roster's word for the person
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Somebody near a student who is no guardian: nothing about the student without a decision."""

    id: str
    student: str
    relation: str  # doctor, neighbor, aide, emergencyContact …; "other" if it cannot be told
    given: str
    family: str
    preferred_given: str = ""
    preferred_family: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    unreadable_phones: tuple[str, ...] = ()
    address: Address = NO_ADDRESS
    speaks: str = ""
    reads: str = ""
    can_read: bool | None = None
    priority: int | None = None
    restriction_text: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Staff:
    id: str
    given: str
    family: str
    preferred_given: str = ""
    preferred_family: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()  # (school or district id, role)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """What makes an adult somebody to a student. ``restriction_text`` goes to ``restrictions``."""

    student: str
    guardian: str
    relation: str = ""  # mother, father, parent, guardian, relative, grandmother …
    lives_with: bool | None = None
    primary_contact: bool | None = None
    priority: int | None = None
    legal_guardian: bool | None = None
    emergency_contact: bool | None = None
    restriction_text: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Enrollment:
    id: str  # "" where the format has none: section, user and role are the key then
    section: str
    user: str
    role: str  # student, teacher, aide …
    begin: date | None = None
    end: date | None = None
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record, or a part of one, that is not in. Words without personal data."""

    file: str
    line: int
    column: str
    reason: str
    done: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """A record that is in, and that a person should look at."""

    file: str
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Parsed:
    """A whole roster.

    ``modes`` says for each kind of record (school, term, section, student, guardian, staff, contact,
    link, enrollment, and birth_date) whether this roster is the whole truth ("bulk": what is missing
    is gone), a part of it ("delta") or silent ("absent"). ``ended`` holds the ids that the roster
    itself ends (status "tobedeleted" or "inactive") under school, term, section, user, enrollment;
    ``ended_links`` the pairs of student and guardian.
    """

    format: Format
    version: str = ""
    district: District | None = None
    schools: list[School] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    students: list[Student] = field(default_factory=list)
    guardians: list[Guardian] = field(default_factory=list)
    contacts: list[ContactPerson] = field(default_factory=list)
    staff: list[Staff] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    ended: dict[str, set[str]] = field(default_factory=dict)
    ended_links: set[tuple[str, str]] = field(default_factory=set)
    modes: dict[str, Mode] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    flagged: list[Flagged] = field(default_factory=list)
