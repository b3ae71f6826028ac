"""The print tray as a folder to look into: batches of letters by name, and nothing else."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bothways.channels.models import CarrierConfig
from bothways.core.home import bothways_home

# What the letters carrier writes; a name that is none never becomes a path.
_NAME = re.compile(r"(?:letter|handover|bag)-[0-9a-f]{20}")


@dataclass(frozen=True, slots=True)
class Batch:
    name: str
    made_at: datetime
    kind: str  # letter: to post; handover: in person; bag: home with the children
    school: str  # whose letters they are; "" on old tickets
    letters: int
    pages: int
    keys: tuple[str, ...]  # of the deliveries in it
    rooms: tuple[tuple[str, int], ...] = ()  # of a bag batch: its classes and how many letters each


def folder() -> Path:
    """Where the letters carrier puts its batches."""
    config = CarrierConfig.objects.filter(carrier="letters").first()
    named = str(config.values.get("folder", "")).strip() if config else ""
    return Path(named) if named else bothways_home() / "letters"


def batches(most: int = 100) -> list[Batch]:
    """The newest batches whose ticket and PDF are both whole."""
    place = folder()
    found = []
    for ticket in place.glob("*.json") if place.is_dir() else ():
        batch = read(ticket.stem)
        if batch is not None:
            found.append(batch)
    return sorted(found, key=lambda batch: batch.made_at, reverse=True)[:most]


def read(name: str) -> Batch | None:
    """The batch of this name; None for a name that is none, or a ticket that cannot be read."""
    if not _NAME.fullmatch(name) or not pdf_of(name).is_file():
        return None
    try:
        ticket = json.loads((folder() / f"{name}.json").read_text("utf-8"))
        lines = ticket["letters"]
        return Batch(
            name=name,
            made_at=datetime.fromisoformat(ticket["made_at"]),
            kind=name.partition("-")[0],
            school=str(ticket.get("school", "")),
            letters=len(lines),
            pages=sum(int(line["pages"]) for line in lines),
            keys=tuple(str(line["key"]) for line in lines),
            rooms=tuple(Counter(str(line["room"]) for line in lines if "room" in line).items()),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def pdf_of(name: str) -> Path:
    """The PDF of a batch whose name was checked."""
    return folder() / f"{name}.pdf"
