"""The fixed words of a family's pages, in its language."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from bothways.channels.letters.dates import long_date
from bothways.languages.codes import direction
from bothways.languages.phrases import phrase

# Unicode files Dari under Persian.
_FILED_UNDER = {"prs": "fa_AF"}
_ISOLATE, _END = "\u2068", "\u2069"
_FROM_THE_RIGHT = {"R", "AL"}


class Words:
    """``words["send_button"]`` in one language: what templates read sentences from."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.direction = direction(tag)

    def __getitem__(self, key: str) -> str:
        return phrase(self.tag, key)

    def say(self, key: str, **values: str) -> str:
        """The sentence with its parts. Raises UnknownPhrase and KeyError as ``phrase``."""
        return phrase(self.tag, key, **{name: self._apart(value) for name, value in values.items()})

    def names(self, names: Sequence[str]) -> str:
        """“Troy, Maya and Sam”."""
        isolated = [self._apart(name) for name in names]
        if self.tag == "ht":  # Unicode's data has no Haitian Creole of its own: it falls to French
            return " ak ".join(filter(None, [", ".join(isolated[:-1]), *isolated[-1:]]))
        return format_list(isolated, locale=self._locale())

    def date(self, day: date) -> str:
        """“Tuesday, September 14, 2021”."""
        return _full_date(self.tag, day)

    def _locale(self) -> Locale:
        return _locale(self.tag)

    def _apart(self, value: str) -> str:
        """Isolated where it runs against the sentence: an Arabic name in English, a Latin one in Arabic."""
        against = any(unicodedata.bidirectional(c) in _FROM_THE_RIGHT for c in value)
        return f"{_ISOLATE}{value}{_END}" if against != (self.direction == "rtl") else value


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(_FILED_UNDER.get(tag, tag.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=4096)
def _full_date(tag: str, day: date) -> str:
    # A page shows a dozen dates, mostly the same ones as the page before.
    if tag == "ht":
        return long_date(tag, day)
    return format_date(day, format="full", locale=_locale(tag))
