"""A first guess at what the columns of an export mean, for a person to correct."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from bothways.roster.readers.mapping import Cell, Fields, Mapping
from bothways.roster.readers.values import emails

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
}
# Columns that are nobody's business here, or that look like something they are not.
_NOT_READ = {
    "ssn", "social", "password", "gender", "sex", "race", "ethnicity", "lunch", "homeroom", "teacher",
    "counselor", "bus", "locker", "iep", "504", "medicaid", "employer", "occupation", "username",
    "middle", "suffix", "prefix", "fax", "doctor", "physician", "hospital", "insurance", "login",
    "photo", "income", "citizenship", "gpa", "enrolled", "entry", "exit", "withdrawal", "modified",
}  # fmt: skip
_PERSONS = {
    "mother": "mother", "mom": "mother", "mothers": "mother", "moms": "mother",
    "father": "father", "dad": "father", "fathers": "father", "dads": "father",
    "stepmother": "stepmother", "stepfather": "stepfather", "grandmother": "grandmother",
    "grandfather": "grandfather", "madre": "mother", "padre": "father",
}  # fmt: skip
_ADULTS = {
    "guardian", "guardians", "parent", "parents", "contact", "caregiver", "pg", "guard", "adult",
    "par", "grd",
}  # fmt: skip
_INITIALS = {"p", "g", "c"}


class _Owner(NamedTuple):
    """Whose column it is: "" the student, else a kind of adult and a number."""

    kind: str = ""
    number: int = 0


_STUDENT = _Owner()


def guess_mapping(header: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> Mapping:
    """The likely meaning of columns by their names, and by some rows where names say too little.

    Never fails; what it cannot tell is left out, and ``check_mapping`` says what is still missing.
    """
    student: dict[str, list[str]] = {}
    adults: dict[_Owner, dict[str, list[str]]] = {}
    for index, title in enumerate(header):
        words = _words(title)
        if not words or _NOT_READ & set(words):
            continue
        owner, rest = _owner(words)
        cells = [row[index].strip() for row in rows if index < len(row) and row[index].strip()]
        if owner is _STUDENT:
            name = _student_field(rest, words, cells)
            fields = student
        else:
            name = _adult_field(rest, words, cells)
            fields = adults.setdefault(owner, {})
        if name:
            fields.setdefault(name, []).append(title)
    several = ("email", "phone", "mobile")
    return Mapping(
        _settle(student, several),
        tuple(
            {**_settle(fields, several), **_said(owner, fields)}
            for owner, fields in _numbered(adults)
            if _stands_for_somebody(fields)
        ),
    )


def _words(title: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", title)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("’", "'")
    plain = re.sub(r"'s\b|s'(?=\s|$)", "", plain)
    return [word.lower() for word in _WORDS.findall(plain)]


def _owner(words: list[str]) -> tuple[_Owner, list[str]]:
    """Whose column, and the words that remain to say what it is."""
    numbers = [_ORDINALS.get(word) or (int(word) if word in "123456789" else 0) for word in words]
    for place, word in enumerate(words):
        initial = word in _INITIALS and place + 1 < len(words) and bool(numbers[place + 1])
        if not (word in _ADULTS or word in _PERSONS or word == "emergency" or initial):
            continue
        taken = {place}
        kind = _PERSONS.get(word, "")
        if not kind:
            end = place + 1
            while end < len(words) and (words[end] in _ADULTS or words[end] == "emergency"):
                taken.add(end)
                end += 1
            kind = "emergency" if "emergency" in words[place:end] else "adult"
        number = 0
        for near in (max(taken) + 1, min(taken) - 1, len(words) - 1):
            if 0 <= near < len(words) and numbers[near] and near not in taken:
                # "Guardian First Name" is a given name, not the first guardian.
                if words[near] in ("first", "second", "third") and near > place:
                    continue
                number = numbers[near]
                taken.add(near)
                break
        if not number and "primary" in words[:place]:
            number = 1
            taken.add(words.index("primary"))
        elif not number and "secondary" in words[:place]:
            number = 2
            taken.add(words.index("secondary"))
        return _Owner(kind, number), [w for i, w in enumerate(words) if i not in taken]
    rest = [word for word in words if word not in ("student", "students", "child", "pupil", "stu")]
    return _STUDENT, rest


def _common_field(rest: set[str], text: str) -> str:
    if rest & {"email", "mail"} and not rest & {"mailing"}:
        return "email"
    if rest & {"custody", "court", "restriction", "restrictions", "restraining", "legal"} and not (
        rest & {"guardian", "name", "has"}
    ):
        return "restriction"
    if rest & {"street", "addr", "address", "apt", "apartment", "unit"}:
        second = rest & {"2", "apt", "apartment", "unit"}
        return "unit" if second else "street"
    for name, words in {
        "city": {"city", "town"},
        "state": {"state", "province"},
        "postal_code": {"zip", "zipcode", "postal", "postcode"},
        "country": {"country"},
    }.items():
        if rest & words and not rest & {"birth", "born", "id"}:
            return name
    if rest & {"preferred", "nickname", "nick", "goes", "chosen"} and not rest & {"language"}:
        return "preferred_family_name" if rest & {"last", "family"} else "preferred_given_name"
    if (rest & {"first", "given", "fname", "firstname"}) and not rest & {"language", "day"}:
        return "given_name"
    if rest & {"last", "surname", "family", "lname", "lastname"} and not rest & {"id", "language"}:
        return "family_name"
    return ""


def _student_field(words: list[str], all_words: list[str], cells: Sequence[str]) -> str:
    rest, text = set(words), " ".join(words)
    if rest & {"school", "campus", "building"} and not rest & {"year", "email", "phone", "address"}:
        return "school_id" if rest & {"id", "code", "number", "num", "no"} else "school"
    if rest & {"birth", "birthdate", "dob", "birthday", "born"}:
        return "birth_date" if not rest & {"city", "place", "state", "country"} else ""
    if "grade" in rest or text in ("gr", "grade level", "year level"):
        return "grade"
    if rest & {"language", "lang"}:
        return "home_language"
    if rest & {"phone", "telephone", "tel", "mobile", "cell", "cellphone"}:
        return "phone"
    if found := _common_field(rest, text):
        return found
    student = "student" in all_words
    if rest & {"id", "number", "num", "no", "perm", "permanent", "permnum"} and (
        student or rest & {"perm", "permanent", "permnum", "local", "sis"} or text == "id"
    ):
        return "id" if not rest & {"state", "national", "federal"} else ""
    if text in ("name", "full name") or (student and not words):
        return "" if _look_like_phones(cells) else "name"
    return ""


def _adult_field(words: list[str], all_words: list[str], cells: Sequence[str]) -> str:
    rest, text = set(words), " ".join(words)
    if rest & {"language", "lang"}:
        return "reads" if rest & {"written", "read", "reading"} else "language"
    if "interpreter" in rest:
        return ""
    if rest & {"cell", "mobile", "cellphone", "cellular", "sms", "text"}:
        return "mobile"
    if rest & {"phone", "telephone", "tel", "landline", "work", "home"} and not rest & {
        "address", "street", "city", "zip", "type", "email",
    }:  # fmt: skip
        return "phone"
    if rest & {"relation", "relationship", "rel"}:
        return "relation"
    if rest & {"lives", "living", "resides", "residing", "household"}:
        return "lives_with"
    if found := _common_field(rest, text):
        return found
    if rest & {"priority", "order", "sequence", "rank"}:
        return "priority"
    if text in ("primary", "is primary", "primary contact"):
        return "primary_contact"
    if "legal" in rest:
        return "legal_guardian"
    if rest & {"id", "number", "key"}:
        return "id" if "id" in rest else ""
    if text in ("", "name", "full name", "names"):
        if _look_like_phones(cells):
            return "phone"
        if cells and all(emails(cell)[0] for cell in cells):
            return "email"
        return "name"
    return ""


def _look_like_phones(cells: Sequence[str]) -> bool:
    return bool(cells) and all(sum(map(str.isdigit, cell)) >= 7 for cell in cells)


def _settle(fields: dict[str, list[str]], several: Sequence[str]) -> dict[str, Cell]:
    """One column for each field; phones and emails may have more."""
    if {"given_name", "family_name"} <= fields.keys():
        fields.pop("name", None)
    return {
        name: Cell(tuple(titles) if name in several else (titles[0],))
        for name, titles in fields.items()
    }


def _said(owner: _Owner, fields: dict[str, list[str]]) -> Fields:
    """The relation, where the header itself names it."""
    if "relation" in fields or owner.kind == "adult":
        return {}
    relation = "emergencyContact" if owner.kind == "emergency" else owner.kind
    return {"relation": Cell(constant=relation)}


def _numbered(
    adults: dict[_Owner, dict[str, list[str]]],
) -> list[tuple[_Owner, dict[str, list[str]]]]:
    """Guardians in their order, people named by relation after them, emergency contacts last."""
    # "Guardian Name" beside "Guardian 1 Phone" is the same person.
    nameless, first = adults.get(_Owner("adult", 0)), adults.get(_Owner("adult", 1))
    if nameless is not None and first is not None:
        for name, titles in nameless.items():
            first.setdefault(name, titles)
        del adults[_Owner("adult", 0)]
    rank = {"adult": 0, "emergency": 2}
    return sorted(adults.items(), key=lambda item: (rank.get(item[0].kind, 1), item[0].number))


def _stands_for_somebody(fields: dict[str, list[str]]) -> bool:
    names = ("given_name", "family_name", "name", "mobile", "phone", "email")
    return any(name in fields for name in names)
