"""The engine that a district uses, and asking it."""

import asyncio
from collections.abc import Sequence

from bothways.languages.engines.contract import (
    Engine,
    EngineError,
    Misconfigured,
    Settings,
    Unavailable,
)
from bothways.languages.engines.registry import ENGINES
from bothways.languages.models import Choice, EngineConfig
from bothways.schools.models import District

# A page may wait so long for all its texts; the background a little longer.
PATIENCE = 20.0


def values_of(name: str) -> dict[str, str]:
    """An engine's settings as they hold here."""
    config = EngineConfig.objects.filter(engine=name).first()
    return dict(config.values) if config else {}


def configure(name: str, values: dict[str, str]) -> None:
    """Keep an engine's settings; names it does not declare are refused."""
    unknown = set(values) - {setting.name for setting in ENGINES[name].settings}
    if unknown:
        raise KeyError(f"{name} has no setting {', '.join(sorted(unknown))}")
    EngineConfig.objects.update_or_create(engine=name, defaults={"values": values})


def engine_named(name: str) -> Engine:
    """The engine as it is set up here; KeyError where there is none. Raises Misconfigured."""
    return ENGINES[name](Settings(values_of(name)))


def engine_of(district: District, *, families: bool = False) -> Engine | None:
    """The district's engine, None where it has none that can be asked.

    ``families``: for what families wrote: one outside the house only where the district said so.
    """
    choice = Choice.objects.filter(district=district).first()
    if choice is None or choice.engine not in ENGINES:
        return None
    if families and ENGINES[choice.engine].outside and not choice.families_words:
        return None
    try:
        return engine_named(choice.engine)
    except Misconfigured:
        return None


def run(engine: Engine, texts: Sequence[str], source: str, target: str) -> list[str]:
    """The engine's words, or EngineError; never a wrong number of them, never later than PATIENCE."""

    async def ask() -> list[str]:
        async with asyncio.timeout(PATIENCE):
            return await engine.translate(texts, source, target)

    try:
        said = asyncio.run(ask())
    except TimeoutError as error:
        raise Unavailable(
            f"{engine.label} did not answer within {PATIENCE:.0f} seconds."
        ) from error
    if len(said) != len(texts) or not all(isinstance(text, str) for text in said):
        raise EngineError(
            f"{engine.label} answered with another number of texts than it was given."
        )
    return said
