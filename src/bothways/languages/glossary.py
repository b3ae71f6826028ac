"""How a district says its own words: which stay as they are, and which have a fixed translation."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bothways.languages.models import Term
from bothways.schools.models import District


@dataclass(frozen=True, slots=True)
class TermHit:
    """A word of the glossary that stands in a text: where, and how it is said."""

    word: str
    said: str  # "": stays as it is
    note: str
    start: int
    end: int


def kept_words(district: District, source: str, targets: Collection[str]) -> dict[str, list[str]]:
    """For each language, the words that are not translated."""
    rows = Term.objects.filter(
        district=district, source=source, said="", target__in=["", *targets]
    ).values_list("word", "target")
    return {tag: [word for word, target in rows if target in ("", tag)] for tag in targets}


def hits(district: District, text: str, *, source: str, target: str) -> list[TermHit]:
    """The glossary's words that stand in this text, in their order."""
    terms = Term.objects.filter(district=district, source=source, target__in=["", target])
    found = [
        TermHit(match.group(), term.said, term.note, *match.span())
        for term in terms
        for match in _pattern(term.word).finditer(text)
    ]
    return sorted(found, key=lambda hit: hit.start)


def missing(found: Sequence[TermHit], translation: str) -> list[TermHit]:
    """Those whose fixed words are not in the translation."""
    folded = translation.casefold()
    return [hit for hit in found if (hit.said or hit.word).casefold() not in folded]


def prefer(district: District, said: str, source: str, target: str) -> str:
    """A machine's words with source words that it left standing in the glossary's translation."""
    terms = Term.objects.filter(district=district, source=source, target=target).exclude(said="")
    for term in terms:
        said = _pattern(term.word).sub(lambda _, words=term.said: words, said)  # type: ignore[misc]
    return said


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
