"""A made-up district of any size as OneRoster 1.2 files, written as it is drawn.

The same size and seed give the same files, byte for byte. All people are made up, all telephone
numbers begin with 555.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from bothways.commands.demo_district.families import names, pick

STUDENTS_IN_A_SCHOOL = 550
GRADES = ("KG", *(f"{n:02}" for n in range(1, 13)))
SUBJECTS = (
    "Homeroom", "Reading", "Writing", "Mathematics", "Science",
    "Social Studies", "Art", "Music", "Physical Education", "Spanish",
)  # fmt: skip
GROUPS = 2  # of each grade of a school, in each subject: about 21 students sit in one
CLASSES_OF_A_TEACHER = 6

_CHILDREN = ((1, 72), (2, 22), (3, 6))  # of a family, in a hundred; 1.34 on average
_ADULTS = ((1, 12), (2, 47), (3, 29), (4, 12))  # 2.41 on average, so 1.8 to a student
_RELATIONS = ("mother", "father", "stepfather", "grandmother")
_STREETS = ("Alder Street", "Burr Oak Avenue", "Clover Street", "Depot Street", "Linden Street",
            "Meadowlark Lane", "Orchard Street", "Quarry Road", "Walnut Street", "Willow Bend")  # fmt: skip
_TOWNS = (("Cedar Hollow", "52999"), ("Fairground", "52998"), ("Old Ferry", "52997"))
_AREAS = (
    "217", "219", "260", "309", "319", "402", "419", "507", "515", "563", "574", "608", "618", "641",
    "660", "712", "715", "765", "812", "920", "218", "320", "573", "605", "701", "785", "816", "913",
    "417", "620", "308", "406", "307", "970", "719", "505", "575", "432", "806", "325",
)  # fmt: skip
_ORDERS = (
    "No contact", "Court order: no contact", "Not authorized for pick up", "No access to records",
    "Address confidential", "See the letter in the office",
)  # fmt: skip
_ID = ("sourcedId", "status", "dateLastModified")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "orgs": (*_ID, "name", "type", "identifier", "parentSourcedId"),
    "academicSessions": (*_ID, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": (*_ID, "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId",
                "subjects", "subjectCodes"),
    "classes": (*_ID, "title", "grades", "courseSourcedId", "classCode", "classType", "location",
                "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"),
    "users": (*_ID, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName",
              "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password",
              "userMasterIdentifier", "preferredGivenName", "preferredMiddleName",
              "preferredFamilyName", "primaryOrgSourcedId", "pronouns", "metadata.street",
              "metadata.city", "metadata.state", "metadata.postalCode", "metadata.homeLanguage"),
    "roles": (*_ID, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
              "userProfileSourcedId"),
    "demographics": (*_ID, "birthDate", "sex"),
    "relationships": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole",
                      "metadata.primaryContact", "metadata.livesWith", "metadata.emergencyContact",
                      "metadata.contactPriority", "metadata.contactRestrictions"),
    "enrollments": (*_ID, "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary",
                    "beginDate", "endDate"),
}  # fmt: skip


@dataclass(slots=True)
class Counts:
    """How many rows of the product's own tables these files make."""

    schools: int = 0
    sections: int = 0
    staff: int = 0
    students: int = 0
    guardians: int = 0
    links: int = 0
    seats: int = 0  # of students in classes
    restrictions: int = 0  # links with words about a court order or a block

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class _Adult(NamedTuple):
    id: str
    relation: str
    here: bool  # lives at the children's first home
    barred: str


def write(folder: Path, students: int, seed: int = 1) -> Counts:
    """Write the files into a new folder, never more than a family in memory."""
    folder.mkdir(parents=True)
    return _Writer(folder, students, seed).write()


class _Writer:
    def __init__(self, folder: Path, students: int, seed: int) -> None:
        self._folder, self._students = folder, students
        self._random = Random(f"bench roster {seed}")  # noqa: S311 - made-up people, not secrets
        self._schools = max(1, round(students / STUDENTS_IN_A_SCHOOL))
        self._languages = [(tag, known["weight"]) for tag, known in names().items()]
        self._rows: dict[str, Any] = {}
        self._counts = Counts()
        self._numbers = 0  # telephone numbers handed out

    def write(self) -> Counts:
        with ExitStack() as stack:
            for table, columns in _COLUMNS.items():
                path = self._folder / f"{table}.csv"
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(columns)
                self._rows[table] = writer.writerow
            self._places()
            while self._counts.students < self._students:
                self._family()
        _manifest(self._folder)
        return self._counts

    # --- schools, classes, teachers --------------------------------------------------------------

    def _places(self) -> None:
        put = self._rows
        put["orgs"](("district", "", "", "Cedar Hollow Schools", "district", "CHS", ""))
        for key, title, kind, first, last, parent in (
            ("year", "2026-27", "schoolYear", "2026-08-24", "2027-05-28", ""),
            ("fall", "Fall", "semester", "2026-08-24", "2026-12-18", "year"),
            ("spring", "Spring", "semester", "2027-01-05", "2027-05-28", "year"),
        ):
            put["academicSessions"]((key, "", "", title, kind, first, last, parent, "2027"))
        for at, subject in enumerate(SUBJECTS):
            put["courses"]((f"co-{at}", "", "", "year", subject, f"C{at}", "", "district", "", ""))
        for school in range(self._schools):
            name = f"{self._random.choice(_STREETS).split()[0]} School {school + 1}"
            key = _school(school)
            put["orgs"]((key, "", "", name, "school", f"S{school}", "district"))
            self._counts.schools += 1
            self._classes(school)

    def _classes(self, school: int) -> None:
        put, key = self._rows, _school(school)
        for place, (at, subject, grade, group) in enumerate(_sections()):
            section = _section(school, grade, at, group)
            title = f"{subject} {GRADES[grade]}-{group + 1}"
            put["classes"](
                (section, "", "", title, GRADES[grade], f"co-{at}", section[-8:], "scheduled", "",
                 key, "fall,spring", "", "", "")
            )  # fmt: skip
            self._counts.sections += 1
            teacher, turn = divmod(place, CLASSES_OF_A_TEACHER)
            user = _id(4, school * 1000 + teacher)
            if turn == 0:
                self._teacher(user, school * 1000 + teacher, key)
            put["enrollments"](
                (_id(6, school * 1000 + place), "", "", section, key, user, "teacher", "true", "", "")
            )  # fmt: skip

    def _teacher(self, user: str, number: int, school: str) -> None:
        given, family = self._name("en", "women"), self._family_name("en")
        email = f"t{number}@schools.example"
        self._rows["users"](_user(user, number, given, family, email=email, org=school))
        self._rows["roles"]((f"r{user}", "", "", user, "primary", "teacher", "", "", school, ""))
        self._counts.staff += 1

    # --- families --------------------------------------------------------------------------------

    def _family(self) -> None:
        random, counts = self._random, self._counts
        language = pick(random, self._languages)
        surname = self._family_name(language)
        homes = [self._home(), self._home()]
        adults = [
            self._adult(place, language, surname, homes) for place in range(pick(random, _ADULTS))
        ]
        school = counts.students // STUDENTS_IN_A_SCHOOL % self._schools
        for place in range(min(pick(random, _CHILDREN), self._students - counts.students)):
            # A younger child often goes to the school next door.
            at = (school + (place > 0 and random.random() < 0.4)) % self._schools
            self._child(at, language, surname, homes[0], adults)

    def _adult(
        self, place: int, language: str, surname: str, homes: list[tuple[str, ...]]
    ) -> _Adult:
        random, number = self._random, self._counts.guardians
        self._counts.guardians += 1
        user = _id(2, number)
        here = place == 0 or random.random() < 0.7
        given = self._name(language, "men" if place in (1, 2) else "women")
        ways = random.random()
        self._rows["users"](
            _user(
                user,
                number,
                given,
                surname if random.random() < 0.7 else self._family_name(language),
                email=f"g{number}@families.example" if ways < 0.6 else "",
                sms=self._number() if ways > 0.1 else "",
                phone=self._number() if ways > 0.7 else "",
                home=homes[0 if here else 1] if random.random() < 0.95 else ("",) * 4,
                language=names()[language]["roster"] if random.random() < 0.9 else "",
            )
        )
        self._rows["roles"]((f"r{user}", "", "", user, "primary", "guardian", "", "", "", ""))
        barred = random.choice(_ORDERS) if place and random.random() < 0.004 else ""
        return _Adult(user, _RELATIONS[place], here, barred)

    def _child(
        self,
        school: int,
        language: str,
        surname: str,
        home: tuple[str, ...],
        adults: Sequence[_Adult],
    ) -> None:
        random, put, counts = self._random, self._rows, self._counts
        number = counts.students
        user, key = _id(1, number), _school(school)
        grade = random.randrange(len(GRADES))
        given = self._name(language, random.choice(("girls", "boys")))
        put["users"](
            _user(
                user,
                number,
                given,
                surname,
                agents=",".join(adult.id for adult in adults),
                grade=GRADES[grade],
                org=key,
                home=home,
                language=names()[language]["roster"],
            )
        )
        put["roles"]((f"r{user}", "", "", user, "primary", "student", "", "", key, ""))
        day = f"{2021 - grade}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
        put["demographics"]((user, "", "", day, ""))
        for order, adult in enumerate(adults, 1):
            put["relationships"](
                (user, adult.id, adult.relation, _yes(order == 1), _yes(adult.here), "true",
                 order, adult.barred)
            )  # fmt: skip
            counts.restrictions += bool(adult.barred)
        group = random.randrange(GROUPS)
        for at in range(len(SUBJECTS)):
            put["enrollments"](
                (_id(5, number * len(SUBJECTS) + at), "", "", _section(school, grade, at, group), key,
                 user, "student", "", "", "")
            )  # fmt: skip
        counts.students += 1
        counts.links += len(adults)
        counts.seats += len(SUBJECTS)

    # --- words -----------------------------------------------------------------------------------

    def _name(self, language: str, kind: str) -> str:
        """One given name, or two: as many people share a name as in a real town."""
        given = names()[language][kind]
        first = self._random.choice(given)
        return f"{first} {self._random.choice(given)}" if self._random.random() < 0.5 else first

    def _family_name(self, language: str) -> str:
        family = names()[language]["family"]
        first = self._random.choice(family)
        return f"{first}-{self._random.choice(family)}" if self._random.random() < 0.3 else first

    def _home(self) -> tuple[str, ...]:
        random = self._random
        town, code = random.choice(_TOWNS)
        return f"{random.randrange(2, 9990)} {random.choice(_STREETS)}", town, "IA", code

    def _number(self) -> str:
        area, line = divmod(self._numbers, 10_000)
        self._numbers += 1
        return f"({_AREAS[area % len(_AREAS)]}) 555-{line:04}"


def _sections() -> Iterator[tuple[int, str, int, int]]:
    for at, subject in enumerate(SUBJECTS):
        for grade in range(len(GRADES)):
            for group in range(GROUPS):
                yield at, subject, grade, group


def _id(kind: int, number: int) -> str:
    """As long as the ids that most student information systems give, and in no order."""
    mixed = (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 + kind * 0xD1B54A32D192ED03) % 2**128
    text = f"{mixed:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _school(number: int) -> str:
    return f"school-{number}"


def _section(school: int, grade: int, subject: int, group: int) -> str:
    return _id(3, ((school * len(GRADES) + grade) * len(SUBJECTS) + subject) * GROUPS + group)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _user(
    key: str,
    number: int,
    given: str,
    family: str,
    *,
    email: str = "",
    sms: str = "",
    phone: str = "",
    agents: str = "",
    grade: str = "",
    org: str = "",
    home: tuple[str, ...] = ("",) * 4,
    language: str = "",
) -> tuple[object, ...]:
    return (
        key, "", "", "true", number, "", given, family, "", number, email, sms, phone, agents, grade,
        "", "", "", "", "", org, "", *home, language,
    )  # fmt: skip


def _manifest(folder: Path) -> None:
    lines = [("propertyName", "value"), ("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    lines += [(f"file.{table}", "bulk") for table in _COLUMNS if table != "relationships"]
    lines += [(f"file.{table}", "absent") for table in ("categories", "lineItems", "results")]
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
