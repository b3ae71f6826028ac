"""The phrases the system itself sends and shows, in the reader's language.

The texts are in ``phrases/``: a file for each topic, in it one table a language, with whether a native
reader has seen it.
"""

import tomllib
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter

from bothways.languages.codes import direction, fallbacks

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# First strong isolate and its end: without them a number or a Latin name tears apart the order of
# an Arabic, Dari or Pashto sentence.
_ISOLATE, _END = "\u2068", "\u2069"
# Links stay bare, at the end of the line: some phones take the invisible mark into the address.
_BARE = frozenset({"link", "url"})


class UnknownPhrase(KeyError):
    """There is no phrase of this name; add it to a file in phrases/, in English first."""


@cache
def _tables() -> dict[str, dict[str, str | bool]]:
    tables: dict[str, dict[str, str | bool]] = {}
    topics = files(__package__).joinpath("phrases").iterdir()
    for topic in sorted(topics, key=lambda file: (file.name != "basics.toml", file.name)):
        for tag, texts in tomllib.loads(topic.read_text("utf-8")).items():
            table = tables.setdefault(tag, {"reviewed": True})
            # A language is reviewed when a native reader has gone through every topic of it.
            table |= texts | {"reviewed": bool(table["reviewed"] and texts["reviewed"])}
    return tables


@lru_cache(maxsize=1024)
def written_in(tag: str) -> str:
    """The language in which a reader of ``tag`` gets our phrases: their own, a near one, English."""
    return next((step for step in fallbacks(tag) if step in _tables()), "en")


def is_reviewed(tag: str) -> bool:
    """Whether a native reader has gone through the phrases of this language."""
    return _tables()[written_in(tag)]["reviewed"] is True


def keys() -> tuple[str, ...]:
    """The names of all phrases, in the order of the table."""
    return tuple(key for key in _tables()["en"] if key != "reviewed")


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def phrase(tag: str, key: str, **values: object) -> str:
    """The phrase for a reader of ``tag``, filled in; in English where theirs is missing.

    Raises UnknownPhrase for a wrong key and KeyError for a value that was not given. Values are
    isolated in languages written from right to left, so that numbers and names keep their order.
    """
    language = written_in(tag)
    text = _tables()[language].get(key)
    if not isinstance(text, str):
        language, text = "en", _tables()["en"].get(key)
    if not isinstance(text, str):
        raise UnknownPhrase(key)
    if direction(language) == "rtl":
        values = {
            name: value if name in _BARE else f"{_ISOLATE}{value}{_END}"
            for name, value in values.items()
        }
    return text.format_map(values)


def when(tag: str, at: datetime, now: datetime) -> str:
    """When someone will read it, from now, both in the school's time zone: "on Monday from 8:00 AM".

    More than six days ahead no day of the week is promised: "as soon as the school is open again".
    """
    time = f"{at:%I:%M %p}".lstrip("0")  # as on the clocks of the country the school is in
    if at <= now:
        return phrase(tag, "when_today")
    if at.date() == now.date():
        return phrase(tag, "when_today_from", time=time)
    if at.date() == now.date() + timedelta(days=1):
        return phrase(tag, "when_tomorrow", time=time)
    if at.date() < now.date() + timedelta(days=7):
        return phrase(tag, "when_day", day=phrase(tag, _DAYS[at.weekday()]), time=time)
    return phrase(tag, "when_soon")


def languages() -> tuple[str, ...]:
    """The languages in which we have phrases."""
    return tuple(_tables())


def raw(tag: str, key: str) -> str | None:
    """The phrase of exactly this language with its placeholders unfilled; None where it is missing."""
    text = _tables().get(tag, {}).get(key)
    return text if isinstance(text, str) else None
