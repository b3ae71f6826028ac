"""Families of many shapes, drawn at random; the particular ones stand in ``scenes``."""

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from bothways.commands.demo_district.addresses import Addresses
from bothways.commands.demo_district.model import Guardian, Home, Staff, Student, Tie

FIRST_BIRTHDAY = date(2020, 9, 16)  # of those who are in kindergarten in 2026-27
GRADES = 13

# How many of a hundred homes; the children of one family share a shape.
_SHAPES = (
    ("together", 57),
    ("mother", 13),
    ("apart", 13),
    ("stepfather", 6),
    ("half_siblings", 3),
    ("father", 3),
    ("grandmother", 3),
    ("aunt", 1),
    ("foster", 1),
)
_SIZES = ((1, 42), (2, 34), (3, 15), (4, 6), (5, 2), (6, 1))
# Homes in which everybody is reached in the same way, or in none; the rest draw for each adult.
_WHOLE_HOMES = (("nothing", 5), ("email", 3), ("landline", 4), (None, 88))
# What a family's adults can be reached by: (sms, phone, email) shares. The rest have nothing.
_REACH = (
    ("text", 46),  # a mobile number
    ("text and email", 19),
    ("phone", 12),  # a number of unknown kind
    ("landline", 5),
    ("email", 5),
    ("nothing", 13),
)


@cache
def names() -> dict[str, dict[str, Any]]:
    """The name lists by language."""
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))


def pick(random: Random, shares: Sequence[tuple[Any, float]]) -> Any:
    """One of the values, by its share."""
    values, weights = zip(*shares, strict=True)
    return random.choices(values, weights)[0]


class District:
    """Everybody in the district, and the means to make more of them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"demo district {seed}")  # noqa: S311 - made-up people, not secrets
        self.addresses = Addresses(self.random)
        self.students: list[Student] = []
        self.guardians: list[Guardian] = []
        self.staff: list[Staff] = []
        self.landlines: list[str] = []
        self._whole_homes: dict[Home, str | None] = {}

    def guardian(
        self,
        given: str,
        family: str,
        language: str,
        home: Home | None,
        *,
        reach: str | None = None,
    ) -> Guardian:
        """An adult; ``reach`` is one of the ways above, drawn if not given."""
        person = Guardian(f"gu-{2001 + len(self.guardians)}", given, family, language, home)
        whole = self._whole_homes.get(home) if home else None
        match reach or whole or pick(self.random, _REACH):
            case "text":
                person.sms = self.addresses.number()
            case "text and email":
                person.sms = self.addresses.number()
                person.email = self.addresses.mailbox(given, family)
            case "phone":
                person.phone = self.addresses.number()
            case "landline":
                person.phone = self.addresses.number()
                self.landlines.append(person.phone)
            case "email":
                person.email = self.addresses.mailbox(given, family)
        self.guardians.append(person)
        return person

    def student(
        self,
        given: str,
        family: str,
        grade: int,
        language: str,
        ties: Sequence[Tie],
        *,
        birth_date: str = "",
    ) -> Student:
        """A child with its ties."""
        child = Student(
            f"st-{1001 + len(self.students)}",
            given,
            family,
            grade,
            birth_date or self.birthday(grade),
            language,
            list(ties),
        )
        self.students.append(child)
        return child

    def birthday(self, grade: int, season: int = 180) -> str:
        """A date of birth that fits the grade, within six weeks of a day of the year."""
        first = FIRST_BIRTHDAY.replace(year=FIRST_BIRTHDAY.year - grade)
        days = min(max(season + self.random.randrange(-40, 41), 0), 364)
        return (first + timedelta(days=days)).isoformat()

    def name(self, language: str, kind: str, *, own_script: bool = False) -> str:
        """``kind``: women, men, girls, boys or family."""
        table = names()[language]
        return str(self.random.choice((table["script"] if own_script else table)[kind]))

    def family(self, room: dict[int, int]) -> None:
        """One more family, its children in grades that still have room."""
        random = self.random
        language = pick(random, [(tag, table["weight"]) for tag, table in names().items()])
        shape = pick(random, _SHAPES)
        own_script = "script" in names()[language] and random.random() < 0.15
        surname = self.name(language, "family", own_script=own_script)
        home = self.addresses.somewhere()
        self._whole_homes[home] = pick(random, _WHOLE_HOMES)
        mother, father = (
            self.name(language, kind, own_script=own_script) for kind in ("women", "men")
        )
        grades = self._grades(room)
        if shape == "half_siblings" and len(grades) < 2:
            shape = "mother"  # the second father needs a child of his own
        ties = self._ties(shape, language, surname, mother, father, home)
        taken: set[str] = set()
        # Two in one grade are twins; others are at least nine months apart.
        born: dict[int, str] = {}
        season = random.randrange(365)
        for number, grade in enumerate(grades):
            kind = random.choice(("girls", "boys"))
            given = self.name(language, kind, own_script=own_script)
            while given in taken and not own_script:
                given = self.name(language, kind)
            taken.add(given)
            room[grade] -= 1
            child_ties = ties[number % len(ties)]
            child = self.student(
                given,
                self._child_surname(language, surname, father),
                grade,
                language,
                child_ties,
                birth_date=born.setdefault(grade, self.birthday(grade, season)),
            )
            if language == "vi" and random.random() < 0.3:
                child.preferred = random.choice(("Andy", "Jenny", "Kevin", "Tina"))

    def _child_surname(self, language: str, surname: str, father: str) -> str:
        # Ethiopian children carry their father's given name; many Latin American ones two surnames.
        if language == "am":
            return father
        if language == "es" and self.random.random() < 0.35:
            return f"{surname} {self.name('es', 'family')}"
        return surname

    def _grades(self, room: dict[int, int]) -> list[int]:
        """The grades of the children, the gaps between them as in families."""
        random = self.random
        free = [grade for grade, left in room.items() for _ in range(max(left, 0))]
        grades = [random.choice(free)]
        for _ in range(pick(random, _SIZES) - 1):
            gap = random.choices((0, 1, 2, 3, 4), (3, 20, 34, 26, 17))[0]
            grade = random.choice((min(grades) - gap, max(grades) + gap))
            if room.get(grade, 0) > grades.count(grade):
                grades.append(grade)
        return sorted(grades, reverse=True)

    def _ties(
        self, shape: str, language: str, surname: str, mother: str, father: str, home: Home
    ) -> list[list[Tie]]:
        """The ties of the first child, of the second …; usually the same for all."""
        her_surname = self.name(language, "family") if language in ("am", "vi", "so") else surname

        def adult(given: str, family: str, at: Home | None = home) -> Guardian:
            return self.guardian(given, family, language, at)

        match shape:
            case "mother":
                return [[Tie(adult(mother, her_surname), "mother", primary=True)]]
            case "father":
                return [[Tie(adult(father, surname), "father", primary=True)]]
            case "apart":
                other = self.addresses.somewhere()
                return [
                    [
                        Tie(adult(mother, her_surname), "mother", primary=True),
                        Tie(adult(father, surname, other), "father", lives_with=False),
                    ]
                ]
            case "stepfather":
                his_name = self.name(language, "family")
                ties = [
                    Tie(adult(mother, his_name), "mother", primary=True),
                    Tie(adult(self.name(language, "men"), his_name), "stepparent", legal=False),
                ]
                if self.random.random() < 0.6:
                    away = adult(father, surname, self.addresses.somewhere())
                    ties.append(Tie(away, "father", lives_with=False))
                return [ties]
            case "half_siblings":
                her = adult(mother, her_surname)
                first = adult(father, surname, self.addresses.somewhere())
                second = adult(self.name(language, "men"), self.name(language, "family"))
                return [
                    [Tie(her, "mother", primary=True), Tie(first, "father", lives_with=False)],
                    [Tie(her, "mother", primary=True), Tie(second, "father")],
                ]
            case "grandmother":
                return [[Tie(adult(mother, her_surname), "grandparent", primary=True)]]
            case "aunt":
                return [[Tie(adult(mother, her_surname), "relative", primary=True)]]
            case "foster":
                foster = self.guardian(
                    self.name("en", "women"), self.name("en", "family"), "en", home
                )
                return [[Tie(foster, "guardian", primary=True)]]
            case _:
                return [
                    [
                        Tie(adult(mother, her_surname), "mother", primary=True),
                        Tie(adult(father, surname), "father"),
                    ]
                ]
