"""Where the words of a version come from, after somebody has worked on them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from bothways.messaging.enums import Origin

# Of a machine's words so many must be left for them to be still a machine's.
STILL_ITS_OWN = 0.5


@dataclass(frozen=True, slots=True)
class Made:
    """What was put into a field by the product, as it was put in."""

    text: str
    origin: Origin
    engine: str = ""
    reviewed: bool = False  # somebody who has the language went through it before
    warnings: tuple[str, ...] = ()
    source: str = ""  # the words that were translated

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "origin": self.origin.value,
            "engine": self.engine,
            "reviewed": self.reviewed,
            "warnings": list(self.warnings),
            "source": self.source,
        }


def made_from(kept: Mapping[str, Any]) -> dict[str, Made]:
    """What a draft keeps, by language."""
    return {
        tag: Made(
            text=str(one.get("text", "")),
            origin=Origin(one.get("origin", Origin.PERSON.value)),
            engine=str(one.get("engine", "")),
            reviewed=bool(one.get("reviewed")),
            warnings=tuple(str(words) for words in one.get("warnings", ())),
            source=str(one.get("source", "")),
        )
        for tag, one in kept.items()
    }


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def origin_of(made: Made | None, body: str) -> Origin:
    """Whose words these are now: who changes a word of a machine's has not written them."""
    if made is None:
        return Origin.PERSON
    before, now = plain(made.text), plain(body)
    if before == now:
        return made.origin
    if made.origin is not Origin.MACHINE:
        return Origin.PERSON
    # By characters: not every language divides its words by blanks.
    share = SequenceMatcher(None, before[:2000], now[:2000], autojunk=False).ratio()
    return Origin.MACHINE if share > STILL_ITS_OWN else Origin.PERSON
