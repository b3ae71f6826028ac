"""The print tray: a folder of PDFs, each with its job ticket, for the office or a print shop."""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any


def batch_name(kind: str, keys: Iterable[str]) -> str:
    """The same letters have the same name in any order: printing again overwrites."""
    digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    return f"{kind}-{digest[:20]}"


def lay(folder: Path, name: str, pdf: bytes, ticket: dict[str, Any]) -> None:
    """PDF first, ticket last: whoever sees a ticket finds its PDF whole. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(folder / f"{name}.pdf", pdf)
    _write_whole(folder / f"{name}.json", json.dumps(ticket, ensure_ascii=False, indent=1).encode())


def keys_since(folder: Path, since: datetime) -> list[str]:
    """Keys on the tickets made since then; a ticket that cannot be read is no proof of a letter."""
    keys: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            ticket = json.loads(path.read_text("utf-8"))
            made_at = datetime.fromisoformat(ticket["made_at"])
            if made_at >= since:
                keys += [str(letter["key"]) for letter in ticket["letters"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return keys


def posted(folder: Path) -> list[tuple[Path, list[str]]]:
    """What a print shop says it posted: ``NAME.posted`` beside a ticket; with the keys of its letters.

    ``done`` takes the word away once it is written down.
    """
    found = []
    for path in sorted(folder.glob("*.posted")):
        try:
            ticket = json.loads(path.with_suffix(".json").read_text("utf-8"))
            letters = [line for line in ticket["letters"] if line["channel"] == "letter"]
            found.append((path, [str(letter["key"]) for letter in letters]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # the ticket is yet to come, or is none: it says nothing about any letter
    return found


def done(path: Path) -> None:
    path.unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
