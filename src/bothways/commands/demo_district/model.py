"""The people of the demo district, as plain values."""

import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Home:
    """A postal address in the town."""

    street: str  # with the apartment, where there is one


@dataclass(slots=True)
class Guardian:
    """An adult who stands for a child."""

    id: str
    given: str
    family: str
    language: str  # BCP 47, one of names.toml
    home: Home | None
    sms: str = ""
    phone: str = ""
    email: str = ""


@dataclass(slots=True)
class Tie:
    """What makes an adult somebody to a child."""

    guardian: Guardian
    relation: str  # OneRoster's vocabulary and its common extensions: mother, father, grandparent …
    primary: bool = False
    lives_with: bool = True
    legal: bool = True
    restriction: str = ""  # the words of the office, as they stand in the roster


@dataclass(slots=True)
class Student:
    """A child at one of the three schools."""

    id: str
    given: str
    family: str
    grade: int  # 0 is kindergarten
    birth_date: str  # ISO
    language: str
    ties: list[Tie] = field(default_factory=list)
    preferred: str = ""
    home: Home | None = None  # only where no guardian's address is known


@dataclass(slots=True)
class Staff:
    """Someone who works at a school, or at the district office."""

    id: str
    given: str
    family: str
    role: str  # OneRoster: teacher, principal, counselor, administrator, districtAdministrator …
    org: str
    grade: int | None = None  # a homeroom teacher's
    subject: str = ""
    preferred_given: str = ""
    preferred_family: str = ""

    @property
    def email(self) -> str:
        """At a domain that reaches nobody."""
        return f"{letters(f'{self.given}.{self.family}')}@cedarhollow.example.org"


def letters(text: str) -> str:
    """ASCII letters and dots: what mailboxes are made of."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    return "".join(c for c in plain if c.isascii() and (c.isalpha() or c == ".")).strip(".")
