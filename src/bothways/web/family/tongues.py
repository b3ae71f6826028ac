"""Which language a family's page speaks, and how to change it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bothways.languages.codes import LANGUAGES, direction, fallbacks, own_name

V = TypeVar("V")

# What a phone calls itself → the nearest that we write in. Dari phones are mostly set to Persian.
_PHONES = {tag.lower().split("-")[0]: tag for tag in LANGUAGES} | {"fa": "prs"}
_MOST_WISHES = 10


@dataclass(frozen=True, slots=True)
class Tongue:
    """One choice of the switch."""

    tag: str
    name: str  # its own
    direction: str
    current: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """The languages of the message first; those only of the buttons behind them."""

    first: tuple[Tongue, ...]
    more: tuple[Tongue, ...]


def asked(wish: str, versions: Collection[str]) -> str | None:
    """The language asked for in the link, if there is anything in it."""
    known = {tag.lower(): tag for tag in (*LANGUAGES, *versions)}
    return known.get(wish.strip().lower())


def of_browser(header: str) -> str:
    """The language of a browser's Accept-Language that we write in; English where there is none."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")[:_MOST_WISHES]):
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.strip().lower().split("-")[0]))
        except ValueError:
            continue
    return next((_PHONES[tag] for _, _, tag in sorted(wishes) if tag in _PHONES), "en")


def version_in(
    tag: str, versions: Mapping[str, V], sent: Sequence[str], default: str
) -> tuple[str, V] | None:
    """The version for this reader: theirs, else as it was sent to this home, else the district's."""
    for wish in (*fallbacks(tag), *sent, default, *sorted(versions)):
        if wish in versions:
            return wish, versions[wish]
    return None


def switch(current: str, versions: Sequence[str]) -> Switch:
    """All that can be chosen, each language once and in its own name."""
    first = [tag for tag in LANGUAGES if tag in versions]
    first += [tag for tag in versions if tag not in LANGUAGES]
    if current not in first:
        first.append(current)
    more = [tag for tag in LANGUAGES if tag not in first]
    return Switch(
        tuple(_tongue(tag, current) for tag in first), tuple(_tongue(tag, current) for tag in more)
    )


def _tongue(tag: str, current: str) -> Tongue:
    return Tongue(tag, own_name(tag), direction(tag), tag == current)
