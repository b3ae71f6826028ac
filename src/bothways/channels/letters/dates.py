"""A date in words, as the readers of a language write it."""

from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

# Unicode's data has no Haitian Creole of its own (it falls to French) and files Dari under Persian.
_HAITIAN_MONTHS = (
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
_FILED_UNDER = {"prs": "fa-AF"}


@lru_cache(maxsize=256)
def long_date(language: str, day: date) -> str:
    """“September 13, 2021” in ``language`` (BCP 47); in English where the form is not known."""
    if language.split("-")[0] == "ht":
        return f"{day.day} {_HAITIAN_MONTHS[day.month - 1]} {day.year}"
    try:
        locale = Locale.parse(_FILED_UNDER.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en", "US")
    return format_date(day, format="long", locale=locale)
