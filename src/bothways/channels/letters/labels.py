"""The school's fixed words in a letter, in the languages of the home.

They are handed in as a mapping of language tag to key to sentence, which may hold ``{places}``.
"""

import re
from collections.abc import Mapping

from bothways.channels.contract import Misconfigured

KEYS = frozenset(
    {
        "page_about",  # {child}
        "card_front",  # {child}: on the front of a postcard
        "page_of",  # {n} {m}
        "letter_to",  # {children}: the addressee where no guardian has a name
        "letter_how",
        "letter_scan",
        "letter_code",  # {url}
        "letter_call",  # {phone}
        "letter_slip",  # beside the scissors
        "slip_title",
        "slip_read",
        "slip_not_understood",
        "slip_call",
        "slip_answer",
    }
)
FALLBACK = "en"
_PLACE = re.compile(r"\{(\w+)\}")

Piece = str | dict[str, str]


class Labels:
    """The fixed words; a language that lacks one uses English for it rather than nothing."""

    def __init__(self, words: Mapping[str, Mapping[str, str]]) -> None:
        lacking = sorted(KEYS - words.get(FALLBACK, {}).keys())
        if lacking:
            raise Misconfigured(f"The English words for letters lack: {', '.join(lacking)}.")
        self._words = words

    def get(self, language: str, key: str) -> str:
        for tag in (language, language.split("-")[0], FALLBACK):
            words = self._words.get(tag, {})
            if words.get(key):
                return words[key]
        raise KeyError(key)

    def pieces(self, language: str, key: str, weight: str = "bold", **values: str) -> list[Piece]:
        """The sentence cut at its places, each value apart: it keeps its own direction."""
        parts = _PLACE.split(self.get(language, key))
        return [
            {"value": values.get(part, ""), "weight": weight} if index % 2 else part
            for index, part in enumerate(parts)
            if part
        ]
