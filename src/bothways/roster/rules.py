"""Decisions of an import, as pure functions."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from bothways.accounts.enums import Role
from bothways.core.text import fold, fold_address
from bothways.people.enums import PhoneKind, PointKind
from bothways.roster.records import Address, Phone

# --- roles ---------------------------------------------------------------------------------------

TEACHING = frozenset(
    {"teacher", "professor", "faculty", "lecturer", "instructor", "adjunct", "substitute"}
)
_AT_A_SCHOOL = {
    "principal": Role.PRINCIPAL,
    # "Administrator" says little: the office's rights are the least that still let them work.
    "assistantprincipal": Role.OFFICE,
    "administrator": Role.OFFICE,
    "siteadministrator": Role.OFFICE,
    "districtadministrator": Role.OFFICE,
    "systemadministrator": Role.OFFICE,
    "officestaff": Role.OFFICE,
    "secretary": Role.OFFICE,
    "registrar": Role.OFFICE,
    "counselor": Role.COUNSELOR,
    **dict.fromkeys(TEACHING, Role.TEACHER),
}
_IN_THE_DISTRICT = {
    "districtadministrator": Role.DISTRICT_ADMIN,
    "systemadministrator": Role.DISTRICT_ADMIN,
    # A teacher sees the children of the sections, wherever these are.
    **dict.fromkeys(TEACHING, Role.TEACHER),
}


def role_for(word: str, *, at_school: bool) -> Role | None:
    """What a roster's role lets a person do here; None: nothing by itself.

    The whole district opens only to those whom the roster calls its administrators, at the
    district itself: a word at a school never does.
    """
    return (_AT_A_SCHOOL if at_school else _IN_THE_DISTRICT).get(word.lower())


def asks_for_a_school(word: str) -> bool:
    """Whether the role would give rights at a school, so that one should have been named."""
    return role_for(word, at_school=True) is not None


# --- losses --------------------------------------------------------------------------------------

MOST_GONE = 0.05
SMALL = 20
ONE_FAMILY = 3


def asks_first(gone: int, of: int) -> bool:
    """Whether so many of a school's rows gone are too many to end without asking.

    In a school of fewer than 20 a share says little: one family may leave, not everybody.
    """
    if of >= SMALL:
        return gone > of * MOST_GONE
    return gone > ONE_FAMILY or (gone == of and of > 1)


_GRADES = ("IT", "PR", "PK", "TK", "KG", *(f"{n:02d}" for n in range(1, 14)))


def leaving_grade(grades: Iterable[str]) -> str | None:
    """The highest grade of a school: who sits in it leaves at the end of the year."""
    known = [grade for grade in grades if grade in _GRADES]
    return max(known, key=_GRADES.index) if known else None


# --- contact points ------------------------------------------------------------------------------


class Point(NamedTuple):
    kind: str
    address: str
    match: str
    said_mobile: bool = False
    phone_kind: str = PhoneKind.UNKNOWN.value
    position: int = 0


LONGEST_ADDRESS = 500
LONGEST_EMAIL = 320
_HOME_COUNTRY = {
    "US": {"", "us", "usa", "u s", "u s a", "united states", "united states of america"},
    "CA": {"", "ca", "can", "canada"},
}


def can_be_posted(address: Address) -> bool:
    """Whether a letter would find the place."""
    return bool(address.street and (address.city or address.postal_code))


def address_lines(address: Address, region: str) -> str:
    """As it is written on an envelope, lines divided by newlines; "" if no letter would arrive."""
    if not can_be_posted(address):
        return ""
    town = ", ".join(
        part for part in (address.city, f"{address.state} {address.postal_code}".strip()) if part
    )
    home = _HOME_COUNTRY.get(region, {"", region.lower()})
    country = "" if folded(address.country) in home else address.country
    lines = (address.street, address.unit, town, country)
    return "\n".join(line for line in lines if line)[:LONGEST_ADDRESS]


def points(
    phones: Iterable[Phone], emails: Iterable[str], address: Address, region: str
) -> list[Point]:
    """A guardian's contact points, in the roster's order; each address once."""
    found: dict[tuple[str, str], Point] = {}
    for phone in phones:
        key = (PointKind.PHONE.value, phone.number)
        before = found.get(key)
        texts = phone.texts or (before is not None and before.said_mobile)
        # A switchboard with extensions takes no texts: that much the number says itself.
        kind = PhoneKind.LANDLINE if phone.extension and not texts else PhoneKind.UNKNOWN
        if before is not None and before.phone_kind == PhoneKind.UNKNOWN.value:
            kind = PhoneKind.UNKNOWN
        position = before.position if before else len(found)
        found[key] = Point(*key, phone.number, texts, kind.value, position)
    for email in emails:
        key = (PointKind.EMAIL.value, email.lower())
        if len(key[1]) <= LONGEST_EMAIL and key not in found:
            found[key] = Point(*key, key[1], position=len(found))
    lines = address_lines(address, region)
    if lines and (match := fold_home(lines)):
        found[PointKind.POSTAL.value, match] = Point(
            PointKind.POSTAL.value, lines, match, position=len(found)
        )
    return list(found.values())


# --- words for comparing -------------------------------------------------------------------------

_WORDS = re.compile("[a-z0-9]+")


def folded(*words: str) -> str:
    """``core.text.fold`` of the words together; plain ASCII, which is most of a roster, at once."""
    text = " ".join(words)
    return " ".join(_WORDS.findall(text.lower())) if text.isascii() else fold(text)


def fold_home(lines: str) -> str:
    """``core.text.fold_address``, as fast."""
    if lines.isascii():
        return " ".join(_WORDS.findall(lines.lower()))[:LONGEST_ADDRESS]
    return fold_address(lines)[:LONGEST_ADDRESS]
