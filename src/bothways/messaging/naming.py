"""Names of people that a text may speak of: no engine gets them, no memory keeps them."""

import re
from collections.abc import Iterable, Sequence

from django.db.models import Q

from bothways.accounts.models import User
from bothways.people.models import Guardian, Student
from bothways.schools.models import District, School

# Given names that are words, too: at the beginning of a sentence they are taken for the word.
_WORDS = frozenset(
    {
        *(
            "will",
            "may",
            "mark",
            "grace",
            "hope",
            "joy",
            "faith",
            "art",
            "bill",
            "rose",
            "june",
            "april",
        ),
        *(
            "august",
            "summer",
            "autumn",
            "dawn",
            "sunny",
            "dear",
            "say",
            "an",
            "so",
            "my",
            "no",
            "van",
            "da",
        ),
        *("los", "las", "el", "la", "de", "sol", "luz", "mar", "paz", "abril", "dulce", "angel"),
    }
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SENTENCE_ENDS = re.compile(r"(?:^|[.!?:\n]\s*)$")
_MOST = 400


def names_said(district: District, text: str, *, also: Iterable[str] = ()) -> list[str]:
    """Which words of this text are names of children, adults, staff or schools of the district.

    ``also``: names that are known to belong to the text (its child, its author). Two queries for people, one
    for schools, whatever their number.
    """
    words = _candidates(text)
    found = {name.strip() for name in also if len(name.strip()) > 1}
    if words:
        found |= _of_people(district, words)
    for name in School.objects.filter(district=district, ended_at=None).values_list(
        "name", flat=True
    ):
        if name in text:
            found.add(name)
    return sorted(name for name in found if name in text)


def _candidates(text: str) -> list[str]:
    """Words that may be names: written large, or in a script that has no large letters."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if len(word) < 2 or word[0].islower():
            continue
        starts = _SENTENCE_ENDS.search(text[max(0, match.start() - 4) : match.start()])
        if starts and word.casefold() in _WORDS:
            continue
        found += [word, *re.split(r"['’](?:s|S)$", word)[:1]]
    return list(dict.fromkeys(found))[:_MOST]


def _of_people(district: District, words: Sequence[str]) -> set[str]:
    found: set[str] = set()
    named = Q(given__in=words) | Q(family__in=words)
    rows: list[tuple[str, ...]] = [
        *Student.objects.filter(named | Q(preferred__in=words), district=district).values_list(
            "given", "family", "preferred"
        )[:_MOST],
        *Guardian.objects.filter(named, district=district).values_list("given", "family")[:_MOST],
        *User.objects.filter(named, district=district).values_list("given", "family")[:_MOST],
    ]
    wanted = set(words)
    for row in rows:
        found |= {name for name in row if name in wanted}
    return found
