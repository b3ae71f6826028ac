"""Apertium: rules and dictionaries on this machine; words do not leave the house.

Debian's packages ``apertium`` and ``apertium-eng-spa``. It knows grammar and little sense ("Please call" may
become a noun): good enough to see what a family writes about, never to send unread.
"""

import asyncio
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bothways.languages.engines.asking import by_lines
from bothways.languages.engines.contract import (
    CannotTranslate,
    EngineError,
    Misconfigured,
    Setting,
    Settings,
    Unavailable,
)

_CODES = {"en": "eng", "es": "spa", "pt": "por", "fr": "fra", "ca": "cat", "uk": "ukr", "ru": "rus"}
_MODES = Path("/usr/share/apertium/modes")
_AWAY = "Apertium is not installed here. Install the packages apertium and apertium-eng-spa."


class Apertium:
    name = "apertium"
    label = "Apertium"
    outside = False
    settings: Sequence[Setting] = (
        Setting("program", "Program", "where it is not called apertium", required=False),
    )

    def __init__(self, settings: Settings) -> None:
        self.program = settings.get("program", "apertium")
        if shutil.which(self.program) is None:
            raise Misconfigured(_AWAY)

    def can(self, source: str, target: str) -> bool:
        return _mode(source, target) is not None

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        mode = _mode(source, target)
        if mode is None:
            raise CannotTranslate(
                f"Apertium has no words from {source} to {target} on this machine."
            )

        async def ask(lines: list[str]) -> list[str]:
            try:
                # Unknown words unmarked; no shell, no arguments from outside.
                process = await asyncio.create_subprocess_exec(
                    self.program,
                    "-u",
                    mode,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            except OSError as error:
                raise Misconfigured(_AWAY) from error
            try:
                # A line of its own for each: Apertium joins what has no full stop between.
                out, _ = await process.communicate("\n\n".join(lines).encode())
            except asyncio.CancelledError:
                process.kill()
                await process.wait()
                raise
            if process.returncode:
                raise Unavailable(
                    "Apertium broke off. Try it by hand: echo school | apertium eng-spa"
                )
            try:
                return out.decode().rstrip("\n").split("\n\n")
            except UnicodeDecodeError as error:
                raise EngineError("Apertium answered with something that is no text.") from error

        return await by_lines(batch, ask, most=200, characters=20_000)


@cache
def _modes() -> frozenset[str]:
    return frozenset(path.stem for path in _MODES.glob("*.mode"))


def _mode(source: str, target: str) -> str | None:
    for pair in (
        f"{_CODES.get(source, source)}-{_CODES.get(target, target)}",
        f"{source}-{target}",
    ):
        if pair in _modes():
            return pair
    return None
