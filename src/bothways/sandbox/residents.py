"""Who lives behind an address, as far as the sandbox was told."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bothways.sandbox.town import place

CHANNELS = ("text", "email", "letter")


class ResidentsError(ValueError):
    """The list of residents cannot be used; the text names the entry."""


@dataclass(frozen=True, slots=True)
class Resident:
    """One address on one channel. ``who`` is in the order in which it was told."""

    column: str  # the roster's column: sms, phone, email, address
    who: tuple[str, ...]
    names: tuple[str, ...] = ()  # of those in ``who``, in the same order, where they were told

    def named(self) -> list[tuple[str, str]]:
        """Each of ``who`` with the name, "" where none was told."""
        return list(zip_longest(self.who, self.names[: len(self.who)], fillvalue=""))

    def addressed(self, names: Collection[str]) -> tuple[str, ...]:
        """Whom an envelope with these names means, first; then the others who live there."""
        meant = [one for one, name in self.named() if name and name in names]
        return tuple(dict.fromkeys((*meant, *self.who)))


class Residents:
    """The list, kept in one file so that a restart still knows everybody."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[tuple[str, str], Resident] = {}
        self._channels: set[str] = set()
        if path.exists():
            self._add(_read(json.loads(path.read_bytes())))

    def __len__(self) -> int:
        return len(self._known)

    def at(self, channel: str, address: str) -> Resident | None:
        return self._known.get((channel, place(address)))

    def has(self, channel: str) -> bool:
        """Whether anybody is known by this channel at all."""
        return channel in self._channels

    def add(self, raw: object) -> int:
        """Add to the list; how many addresses are known now. ResidentsError changes nothing."""
        self._add(_read(raw))
        lines = [
            {
                "address": address,
                "channel": channel,
                "column": r.column,
                "who": list(r.who),
                "names": list(r.names),
            }
            for (channel, address), r in self._known.items()
        ]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(lines), encoding="utf-8")
        os.replace(new, self.path)
        return len(self)

    def _add(self, entries: Sequence[tuple[str, str, Resident]]) -> None:
        for channel, address, resident in entries:
            before = self._known.get((channel, address))
            if before is not None:
                # A number that stands once under "sms" is a mobile number wherever else it stands.
                column = "sms" if "sms" in (before.column, resident.column) else resident.column
                known = dict(before.named()) | dict(resident.named())
                resident = Resident(column, tuple(known), tuple(known.values()))
            self._known[channel, address] = resident
            self._channels.add(channel)


def _read(raw: object) -> list[tuple[str, str, Resident]]:
    if not isinstance(raw, list):
        raise ResidentsError("The residents must be a JSON list.")
    entries = []
    for number, entry in enumerate(raw, 1):
        if not isinstance(entry, dict):
            raise ResidentsError(f"Resident {number} must be a JSON object.")
        channel, address = entry.get("channel"), entry.get("address")
        column, who = entry.get("column", ""), entry.get("who", [])
        if channel not in CHANNELS:
            raise ResidentsError(f"Resident {number}: channel must be text, email or letter.")
        if not isinstance(address, str) or not address.strip():
            raise ResidentsError(f"Resident {number} has no address.")
        if not isinstance(column, str):
            raise ResidentsError(f"Resident {number}: column must be a text.")
        if not isinstance(who, list) or not all(isinstance(one, str) for one in who):
            raise ResidentsError(f"Resident {number}: who must be a list of guardian ids.")
        names = entry.get("names", [])
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise ResidentsError(f"Resident {number}: names must be a list of texts.")
        entries.append((channel, place(address), Resident(column, tuple(who), tuple(names))))
    return entries
