"""Language names and codes as rosters and people write them → BCP 47 tags, and back to names.

The table of languages is ``codes.toml``; the Unicode CLDR names (through Babel) stand behind it.
"""

import re
import tomllib
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale
from babel.core import UnknownLocaleError, get_global

from bothways.languages.folding import fold

# The twelve in which Bothways writes and understands by itself.
LANGUAGES: tuple[str, ...] = (
    "en",
    "es",
    "ar",
    "zh-Hans",
    "vi",
    "ht",
    "so",
    "am",
    "prs",
    "ps",
    "uk",
    "pt",
)

Direction = Literal["ltr", "rtl"]

_RTL_SCRIPTS = {"arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg", "mand", "samr"}
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
)
_BETWEEN = re.compile(r"[/;,|&+\n]|\band\b|\bor\b", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
# Two names nearer than this to what was typed are a guess, and a guess is worse than none.
_CLOSE, _MARGIN, _SHORTEST = 0.84, 0.08, 5


@dataclass(frozen=True, slots=True)
class _Language:
    english: str
    own: str
    rtl: bool


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("codes.toml").read_text("utf-8"))


@cache
def _table() -> dict[str, _Language]:
    return {
        tag: _Language(line["english"], line["own"], line.get("rtl", False))
        for tag, line in _data()["languages"].items()
    }


@cache
def _by_code() -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, line in _data()["languages"].items():
        for code in (tag, *line["codes"]):
            found[code.lower()] = tag
    return found


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, line in _data()["languages"].items():
        for name in (line["english"], line["own"], *line.get("also", ())):
            found.setdefault(fold(name), tag)
    for code, name in Locale("en").languages.items():
        tag = code.replace("_", "-")
        if "-" not in tag:
            found.setdefault(fold(name), _by_code().get(tag, tag))
    for word in _nothing():
        found.pop(word, None)
    return found


@cache
def _nothing() -> frozenset[str]:
    return frozenset(fold(word) for word in _data()["nothing"]["words"])


@cache
def _noise() -> frozenset[str]:
    return frozenset(_data()["nothing"]["noise"])


def normalise(text: str) -> str | None:
    """The language meant by a code or name, as a BCP 47 tag; None where none is.

    Knows ISO 639-1, -2 and -3 codes, English and own names, and the spellings of student
    information systems. Regions are dropped, so that "es-MX" and "es" are one group of readers;
    scripts stay where they change what can be read ("zh-TW" → "zh-Hant", "ku-Arab"). Of several
    languages ("English/Spanish") the first that is not English counts: a note in it is read in
    that home for sure, and one in English may not be.
    """
    whole = _one(text)
    if whole is not None or fold(text) in _nothing():
        return whole
    named = [tag for part in _BETWEEN.split(text) if (tag := _one(part))]
    return next((tag for tag in named if tag != "en"), named[0] if named else None)


def _one(text: str) -> str | None:
    """The tag of one language, however it is written."""
    text = text.strip()
    tag = _from_tag(text)
    if tag is not None:
        return tag
    name = fold(text)
    if name in _nothing():
        return None
    if name in _by_name():
        return _by_name()[name]
    if brackets := _IN_BRACKETS.search(text):
        outside = _IN_BRACKETS.sub(" ", text)
        return _one(outside) or _one(brackets[1])
    plain = " ".join(word for word in name.split() if word not in _noise())
    if plain in _nothing():
        return None
    return _by_name().get(plain) or _by_code().get(plain) or _misspelt(plain)


def _from_tag(text: str) -> str | None:
    code = text.strip().lower().replace("_", "-")
    if code in _nothing():
        return None
    if code in _by_code():
        return _by_code()[code]
    match = _TAG.fullmatch(code)
    if not match:
        return None
    language, script = match["language"], match["script"]
    if language in ("zh", "cmn", "zho", "chi"):
        return "zh-Hant" if script == "hant" else "zh-Hans"
    known = _by_code().get(language) or _by_cldr_code(language)
    if known is None or script is None or "-" in known:
        return known
    return known if script == _usual_script(known) else f"{known}-{script.title()}"


def _by_cldr_code(code: str) -> str | None:
    alias = str(get_global("language_aliases").get(code, code)).replace("_", "-").lower()
    if alias in _by_code():
        return _by_code()[alias]
    return alias if alias in Locale("en").languages and alias not in _nothing() else None


def _usual_script(language: str) -> str:
    likely = str(get_global("likely_subtags").get(language, ""))
    parts = likely.split("_")
    return parts[1].lower() if len(parts) > 1 else "latn"


def _misspelt(name: str) -> str | None:
    """The one listed English name that this nearly is, if it clearly is one."""
    if len(name) < _SHORTEST:
        return None
    scores: dict[str, float] = {}
    for tag, language in _table().items():
        ratio = SequenceMatcher(None, name, fold(language.english)).ratio()
        scores[tag] = max(scores.get(tag, 0.0), ratio)
    (best, score), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    return best if score >= _CLOSE and score - second >= _MARGIN else None


@lru_cache(maxsize=1024)
def own_name(tag: str) -> str:
    """The language's name as its readers write it ("Kreyòl ayisyen"); the tag if it has none."""
    for step in _ladder(tag):
        if step in _table():
            return _table()[step].own
    for step in _ladder(tag):
        locale = _locale(step)
        if locale is not None and (name := locale.languages.get(step.replace("-", "_"))):
            return str(name)
    return name_in(tag, "en")


def name_in(tag: str, display: str) -> str:
    """The language's name for a reader of ``display``; in English, then as its tag, if unknown."""
    names = _data()["names"]
    for step in _ladder(tag):
        for reader in _ladder(display):
            if name := names.get(reader, {}).get(step):
                return str(name)
        locale = _locale(display)
        code = "fa_AF" if step == "prs" else step.replace("-", "_")
        if locale is not None and (found := locale.languages.get(code)):
            return str(found)
    for step in _ladder(tag):
        if step in _table():
            return _table()[step].english
    return name_in(tag, "en") if display != "en" else tag


@lru_cache(maxsize=1024)
def direction(tag: str) -> Direction:
    """Which way the language is written; "ltr" for an unknown one."""
    match = _TAG.fullmatch(tag.strip().lower().replace("_", "-"))
    if match and match["script"]:
        return "rtl" if match["script"] in _RTL_SCRIPTS else "ltr"
    known = normalise(tag)
    if known in _table():
        return "rtl" if _table()[known].rtl else "ltr"
    return "rtl" if known and _usual_script(known) in _RTL_SCRIPTS else "ltr"


def fallbacks(tag: str) -> tuple[str, ...]:
    """The written versions this reader can use, best first, its own included.

    "es-MX" → ("es-MX", "es"); "prs" → ("prs", "fa"). Never a language that only neighbours or
    the state they come from use: English is not added, and simplified Chinese does not stand in
    for traditional.
    """
    ladder = list(_ladder(tag))
    known = normalise(tag)
    if known and known not in ladder:
        ladder.append(known)
    reads = _data()["reads"]
    for step in tuple(ladder):
        ladder += [other for other in reads.get(step, ()) if other not in ladder]
    return tuple(ladder)


def _ladder(tag: str) -> tuple[str, ...]:
    """The tag, then without its region; never without a script that changes what is read."""
    parts = tag.replace("_", "-").split("-")
    if len(parts) > 1 and (len(parts[-1]) == 2 or parts[-1].isdigit()):
        shorter = "-".join(parts[:-1])
        if shorter == "zh":
            return (tag, normalise(tag) or tag)
        return (tag, normalise(shorter) or shorter)
    return (tag,)


@cache
def _locale(tag: str) -> Locale | None:
    code = "fa_AF" if tag == "prs" else tag.replace("-", "_")
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


# For `django.conf.locale.LANG_INFO.update(LANG_INFO)`, without which Django refuses ht, so, am, ps
# and prs, and lays out Dari and Pashto from left to right. Django writes "zh-hans": both keys.
LANG_INFO: dict[str, dict[str, Any]] = {
    code: {
        "bidi": direction(tag) == "rtl",
        "code": code,
        "name": name_in(tag, "en"),
        "name_local": own_name(tag),
    }
    for tag in LANGUAGES
    for code in dict.fromkeys((tag, tag.lower()))
}

# For Django's LANGUAGES_BIDI.
RIGHT_TO_LEFT: tuple[str, ...] = tuple(tag for tag in LANGUAGES if direction(tag) == "rtl")
