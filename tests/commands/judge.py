"""An independent judge of a demo: what the product claims is held against what reached people.

It reads the roster's own files, the overlay and what the sandbox wrote, and shares no code with the product.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def digits(number: str) -> str:
    """A North American number as it is dialled."""
    kept = "".join(c for c in number if c.isdigit())
    return f"+1{kept[-10:]}" if len(kept) >= 10 else kept


@dataclass
class Judge:
    roster: Path
    overlay: dict[str, Any]
    home: Path
    contacts: list[dict[str, Any]] = field(init=False)
    events: list[dict[str, Any]] = field(init=False)
    addresses: dict[str, set[str]] = field(init=False)  # guardian → everything that reaches them
    streets: dict[str, str] = field(init=False)
    children: dict[str, set[str]] = field(init=False)  # guardian → students

    def __post_init__(self) -> None:
        self.contacts = lines(self.home / "sandbox" / "contacts.jsonl")
        self.events = lines(self.home / "sandbox" / "events.jsonl")
        self.addresses, self.streets = defaultdict(set), {}
        self.children = defaultdict(set)
        for row in rows(self.roster / "relationships.csv"):
            self.children[row["relationshipUserSourcedId"]].add(row["userSourcedId"])
        for row in rows(self.roster / "users.csv"):
            pk = row["sourcedId"]
            for column in ("sms", "phone"):
                if row.get(column):
                    self.addresses[pk].add(digits(row[column]))
            if row.get("email"):
                self.addresses[pk].add(row["email"].lower())
            if row.get("metadata.street"):
                self.streets[pk] = row["metadata.street"]

    def barred(self) -> list[dict[str, Any]]:
        """Contacts to adults who on that day might hear of none of their children."""
        found = []
        for contact in self.contacts:
            day = datetime.fromisoformat(contact["at"]).date()
            for guardian in self._who(contact):
                orders = {
                    r["student"]
                    for r in self.overlay.get("restrictions", [])
                    if r["guardian"] == guardian
                    and r["kind"] == "contact"
                    and (not r["from"] or date.fromisoformat(r["from"]) <= day)
                    and (not r["to"] or day <= date.fromisoformat(r["to"]))
                }
                if self.children[guardian] and self.children[guardian] <= orders:
                    found.append(contact)
        return found

    def _who(self, contact: dict[str, Any]) -> set[str]:
        """Everybody whom this contact can be meant for: by address, not by what we are told."""
        if contact["channel"] == "letter":
            first = contact["to"].split("\n")[0]
            homes = {g for g, street in self.streets.items() if street == first}
            # A barred adult's recorded street may be the other parent's: the letter names who it is for.
            return {contact["who"]} & homes if contact["who"] else set()
        return {g for g, known in self.addresses.items() if contact["to"] in known}

    def after_stop(self) -> list[dict[str, Any]]:
        """Contacts to an address after it was stopped, by the overlay or by its own words."""
        stops = {
            s["address"]: datetime.fromisoformat(s["at"]) for s in self.overlay.get("stops", [])
        }
        for event in self.events:
            if event["what"] == "stopped":
                at = datetime.fromisoformat(event["at"])
                stops[event["to"]] = min(at, stops.get(event["to"], at))
        return [
            c
            for c in self.contacts
            if c["to"] in stops and datetime.fromisoformat(c["at"]) > stops[c["to"]]
        ]

    def in_quiet_hours(self) -> list[dict[str, Any]]:
        start, end = (time.fromisoformat(t) for t in self.overlay["quiet_hours"])
        return [
            c
            for c in self.contacts
            if c["channel"] in ("text", "voice")
            and c["purpose"] != "emergency"
            and not (end <= datetime.fromisoformat(c["at"]).time() < start)
        ]

    def hidden_shown(self) -> list[dict[str, Any]]:
        """Contacts that carry the street of a hidden home."""
        hidden = {self.streets[g] for g in self.overlay.get("hidden_addresses", [])}
        return [c for c in self.contacts if c["to"].split("\n")[0] in hidden]

    def not_readers_written(self) -> list[dict[str, Any]]:
        """Texts and emails to the number of somebody who does not read."""
        silent = {g for g, reads in self.overlay.get("reads", {}).items() if reads is False}
        return [
            c
            for c in self.contacts
            if c["channel"] in ("text", "email") and self._who(c) and self._who(c) <= silent
        ]

    def twice(self) -> list[str]:
        refs = Counter(c["ref"] for c in self.contacts if c["ref"])
        return [ref for ref, n in refs.items() if n > 1]

    def by_channel(self) -> dict[str, int]:
        """Deliveries of messages; that a stop was heard is told beside them."""
        told = [c for c in self.contacts if c["purpose"] != "stop_confirmation"]
        return dict(Counter(c["channel"] for c in told))
