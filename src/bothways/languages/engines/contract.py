"""What every translation engine is to us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class EngineError(Exception):
    """The texts were not translated; the words say what to do."""


class Misconfigured(EngineError):
    """A setting is missing or wrong, or the engine does not know the key: somebody must mend it."""


class Unavailable(EngineError):
    """It may work later: away, too busy, too slow."""


class UsedUp(EngineError):
    """The month's characters are used up: nothing more until somebody pays or the month ends."""


class CannotTranslate(EngineError):
    """It has no such pair of languages."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing an engine wants to know."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of an engine's settings, as strings."""

    values: Mapping[str, str] = field(default_factory=dict)

    def need(self, name: str) -> str:
        """The value, or Misconfigured with the name."""
        value = self.values.get(name, "").strip()
        if not value:
            raise Misconfigured(
                f"The setting “{name}” is empty. Fill it in at Set-up, Languages, or with “bothways engine”."
            )
        return value

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default


class Engine(Protocol):
    """Say texts in another language; tokens (⟦1⟧) come back as they went."""

    name: str
    label: str
    outside: bool  # words leave the house
    settings: Sequence[Setting]

    def __init__(self, settings: Settings) -> None: ...

    def can(self, source: str, target: str) -> bool:
        """Whether it has this pair (BCP 47 tags), as far as that is known without asking."""
        ...

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        """As many texts as came in, in their order. Raises EngineError, for all of them or none."""
        ...
