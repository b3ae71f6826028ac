"""A text with places marked in it: what must stay, what the glossary says, what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bothways.languages.glossary import TermHit
from bothways.languages.protection import Kept, Warning


@dataclass(frozen=True, slots=True)
class Place:
    """From where to where (code points), what kind of mark, and the words that explain it."""

    start: int
    end: int
    kind: str  # kept, term, amiss
    words: str


def marked(text: str, places: Iterable[Place]) -> SafeString:
    """The text as HTML with these places marked; of overlapping ones the first that begins stays."""
    pieces: list[tuple[SafeString | str]] = []
    last = 0
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if place.start < last or place.end <= place.start or place.end > len(text):
            continue
        pieces.append((text[last : place.start],))
        pieces.append(
            (
                format_html(
                    '<mark class="{}" title="{}">{}</mark>',
                    place.kind,
                    place.words,
                    text[place.start : place.end],
                ),
            )
        )
        last = place.end
    pieces.append((text[last:],))
    return format_html_join("", "{}", pieces)


def kept(parts: Iterable[Kept]) -> list[Place]:
    return [Place(one.start, one.end, "kept", one.part.label) for one in parts]


def terms(found: Iterable[TermHit]) -> list[Place]:
    return [Place(hit.start, hit.end, "term", hit.said or hit.word) for hit in found]


def wrong(warnings: Iterable[Warning]) -> list[Place]:
    return [
        Place(one.start, one.end, "amiss", one.words)
        for one in warnings
        if one.value and not one.missing
    ]
