"""What lies in the print tray how long."""

from pathlib import Path

from bothways.channels.letters.carrier import KINDS
from bothways.channels.services import values_of
from bothways.core.retention import FolderRule, Rule


def _tray(home: Path) -> Path:
    return Path(values_of("letters")["folder"])


RULES: tuple[Rule, ...] = (
    FolderRule(
        name="letters",
        what="Printed letters in the tray, each with its ticket",
        days=60,
        folder=_tray,
        # Only what the tray itself writes: an office may have put its folder anywhere.
        patterns=tuple(
            f"{kind}-{'[0-9a-f]' * 20}.{ending}"
            for kind in KINDS
            for ending in ("pdf", "json", "posted")
        ),
        least=14,
    ),
)
