"""Dates, numbers, lists and names as the readers of a language write them.

Unicode's data (through Babel) knows nine of our twelve languages. It has no Haitian Creole of its own (it
falls to French), gives Dari only under Persian of Afghanistan, and writes Pashto's dates with the year in the
middle: what it lacks stands here, and a test pins a date in each of the twelve.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

_HT_MONTHS = (
    "janvye",
    "fevriye",
    "mas",
    "avril",
    "me",
    "jen",
    "jiyè",
    "out",
    "septanm",
    "oktòb",
    "novanm",
    "desanm",
)
_HT_DAYS = ("lendi", "madi", "mèkredi", "jedi", "vandredi", "samdi", "dimanch")
_PS_MONTHS = (
    "جنوري",
    "فبروري",
    "مارچ",
    "اپریل",
    "مۍ",
    "جون",
    "جولای",
    "اګست",
    "سپتمبر",
    "اکتوبر",
    "نومبر",
    "ډسمبر",
)
_PS_DAYS = ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه")
_FILED_UNDER = {"prs": "fa-AF"}
_AND = {"ht": "ak"}
# Families of these languages write the family name first, without a space or with one.
_FAMILY_FIRST = frozenset({"zh", "ja", "ko", "hu"})


def long_date(language: str, day: date) -> str:
    """“September 13, 2021” in ``language`` (BCP 47); in English where the form is not known."""
    match language.split("-")[0]:
        case "ht":
            return f"{day.day} {_HT_MONTHS[day.month - 1]} {day.year}"
        case "ps":
            return f"د {day.year} کال د {_PS_MONTHS[day.month - 1]} {day.day}مه"
    return _plain(format_date(day, format="long", locale=locale_of(language)))


def day_and_month(language: str, day: date) -> str:
    """“September 13”, where the year is plain."""
    match language.split("-")[0]:
        case "ht":
            return f"{day.day} {_HT_MONTHS[day.month - 1]}"
        case "ps":
            return f"د {_PS_MONTHS[day.month - 1]} {day.day}مه"
        case "so":
            return format_date(day, format="d MMMM", locale=locale_of(language))
    locale = locale_of(language)
    pattern = _DAY_AND_MONTH.get(language.split("-")[0], "d MMMM")
    return _plain(format_date(day, format=pattern, locale=locale))


_DAY_AND_MONTH = {
    "en": "MMMM d",
    "es": "d 'de' MMMM",
    "pt": "d 'de' MMMM",
    "zh": "M月d日",
    "vi": "d 'tháng' M",
}


def weekday(language: str, day: date) -> str:
    """“Monday”."""
    match language.split("-")[0]:
        case "ht":
            return _HT_DAYS[day.weekday()]
        case "ps":
            return _PS_DAYS[day.weekday()]
    return format_date(day, format="EEEE", locale=locale_of(language))


def number(language: str, value: float) -> str:
    """1234.5 as it is written there, with digits that every phone shows."""
    known = "fr" if language.split("-")[0] == "ht" else language
    return format_decimal(value, locale=locale_of(known))


def listed(language: str, words: Sequence[str]) -> str:
    """“A, B and C” in this language."""
    word = _AND.get(language.split("-")[0])
    if word is None:
        return format_list(list(words), locale=locale_of(language))
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {word} {words[-1]}"


def whole_name(language: str, given: str, family: str) -> str:
    """Given and family name in the order of the language they are read in; Chinese names without a space."""
    if language.split("-")[0] in _FAMILY_FIRST and _is_han(given + family):
        return f"{family}{given}"
    return " ".join(part for part in (given.strip(), family.strip()) if part)


def _is_han(text: str) -> bool:
    return bool(text) and all("\u3400" <= char <= "\u9fff" for char in text)


def _plain(text: str) -> str:
    # The year's word in Ukrainian says nothing to anybody, and costs a line on a phone.
    return text.removesuffix("\u202fр.").removesuffix(" р.")


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Unicode's data for this language; English's where it has none."""
    try:
        return Locale.parse(_FILED_UNDER.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")
