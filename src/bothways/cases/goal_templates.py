"""Goals to begin with, by age; in English and Spanish."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bothways.cases.goal_enums import Band

LANGUAGES = ("en", "es")
PARTS = ("words", "home_does", "school_does", "student_does", "see_it")


@dataclass(frozen=True, slots=True)
class Template:
    """One goal to begin with; ``said``: language → part → words."""

    number: int
    band: Band
    said: dict[str, dict[str, str]]

    def parts(self, language: str, child: str) -> dict[str, str]:
        own = self.said[language if language in self.said else "en"]
        return {name: own[name].replace("{child}", child) for name in PARTS}


@cache
def templates() -> tuple[Template, ...]:
    rows = tomllib.loads(files(__package__).joinpath("goal_templates.toml").read_text("utf-8"))
    return tuple(
        Template(n, Band(row["band"]), {tag: row[tag] for tag in LANGUAGES})
        for n, row in enumerate(rows["goal"])
    )


def for_band(band: Band) -> list[Template]:
    return [one for one in templates() if one.band is band]
