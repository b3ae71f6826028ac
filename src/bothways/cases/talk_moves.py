"""The six moves in a tense talk, each with its reason and what to say."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Said:
    """One language's example: better, and less good."""

    better: str
    less: str


@dataclass(frozen=True, slots=True)
class Move:
    name: str
    title: str
    why: str
    en: Said
    es: Said


@cache
def moves() -> tuple[Move, ...]:
    rows = tomllib.loads(files(__package__).joinpath("talk_moves.toml").read_text("utf-8"))["move"]
    return tuple(
        Move(row["name"], row["title"], row["why"], Said(**row["en"]), Said(**row["es"]))
        for row in rows
    )
