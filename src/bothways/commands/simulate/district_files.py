"""The district as its own files say it, read without the product: what a judge may know."""

import csv
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any, Final

QUIET: Final = ("20:00", "07:00")  # the product's documented default
# Words of the roster itself that leave no doubt. What else it says is left to the product's own caution.
BARRED_WORDS: Final = frozenset({"no contact"})


@dataclass(frozen=True, slots=True)
class Order:
    """A restriction on one adult about one child, between two days."""

    student: str
    guardian: str
    kind: str
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(slots=True)
class DistrictFiles:
    """Roster and overlay. Ids are the roster's."""

    owners: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  # address → adults
    streets: dict[str, str] = field(default_factory=dict)  # adult → street, folded
    children: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)  # student → given names in use
    elsewhere: set[tuple[str, str]] = field(default_factory=set)  # child, adult who lives apart
    orders: list[Order] = field(default_factory=list)
    stops: list[tuple[str, datetime]] = field(default_factory=list)
    quiet: tuple[time, time] = (time(20), time(7))

    def barred(self, adult: str, day: date) -> bool:
        """Whether this adult may hear of none of their children on this day."""
        theirs = self.children.get(adult, set())
        return bool(theirs) and theirs <= self.closed_to(adult, day, ("contact",))

    def closed_to(self, adult: str, day: date, kinds: tuple[str, ...]) -> set[str]:
        """The children of whom this adult may not hear on this day, by orders of these kinds."""
        return {
            order.student
            for order in self.orders
            if order.guardian == adult and order.kind in kinds and order.holds(day)
        }

    def homes(self) -> dict[str, str]:
        """Adult → the name of their home: who shares a child and a street shares one, unless one lives apart.

        Whoever is under any order has a home of their own, as the contract of rosters says: one parent's sign
        must not speak for another from whom somebody is to be protected.
        """
        apart = {order.guardian for order in self.orders}
        together: dict[str, str] = {adult: adult for adult in self.children}
        by_child: dict[str, list[str]] = defaultdict(list)
        for adult in sorted(self.children):
            for child in self.children[adult]:
                if (child, adult) not in self.elsewhere:
                    by_child[child].append(adult)
        for adults in by_child.values():
            for one in adults:
                for other in adults:
                    street = self.streets.get(one)
                    if {one, other} & apart:
                        continue
                    if street and street == self.streets.get(other):
                        together[other] = together[one] = min(together[one], together[other])
        return together


def read(roster: Path, overlay: Mapping[str, Any]) -> DistrictFiles:
    """The files of a OneRoster or School Data Sync export; what is missing is simply not known."""
    found = DistrictFiles()
    roles: dict[str, str] = {}
    for row in rows(roster, "users"):
        _user(found, row)
        roles[row.get("sourcedId", "")] = row.get("role", "")
        for other in row.get("agentSourcedIds", "").split(","):
            if other.strip():
                found.children[other.strip()].add(row["sourcedId"])
    related = list(rows(roster, "relationships"))
    if related:
        # The roster says itself who belongs to whom: what users.csv repeats may be older.
        found.children.clear()
    for row in related:
        child, adult = row.get("userSourcedId", ""), row.get("relationshipUserSourcedId", "")
        found.children[adult].add(child)
        if row.get("metadata.livesWith", "").strip().casefold() in ("false", "0", "no", "n"):
            found.elsewhere.add((child, adult))
        if row.get("metadata.contactRestrictions", "").strip().casefold() in BARRED_WORDS:
            found.orders.append(Order(child, adult, "contact", None, None))
    _overlay(found, overlay)
    return found


def rows(roster: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of NAME.csv in a folder or a zip, in UTF-8 or Windows-1252; none where it is absent."""
    raw = _bytes(roster, f"{name}.csv")
    if raw is None:
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    for row in csv.DictReader(StringIO(text, newline="")):
        yield {key: value or "" for key, value in row.items() if isinstance(value, str | None)}


def _bytes(roster: Path, name: str) -> bytes | None:
    if roster.is_dir():
        return next(
            (p.read_bytes() for p in sorted(roster.iterdir()) if p.name.lower() == name.lower()),
            None,
        )
    with zipfile.ZipFile(roster) as packed:
        for entry in packed.namelist():
            if entry.rpartition("/")[2].lower() == name.lower():
                return packed.read(entry)
    return None


def _user(found: DistrictFiles, row: Mapping[str, str]) -> None:
    pk = row.get("sourcedId", "")
    for column in ("sms", "phone"):
        if row.get(column):
            found.owners[dialled(row[column])].add(pk)
    if row.get("email"):
        found.owners[row["email"].strip().lower()].add(pk)
    if row.get("metadata.street"):
        found.streets[pk] = folded(row["metadata.street"])
    given = (row.get("givenName", ""), row.get("preferredGivenName", ""))
    found.names[pk] = tuple(name.strip() for name in given if name.strip())


def _overlay(found: DistrictFiles, overlay: Mapping[str, Any]) -> None:
    for one in overlay.get("restrictions") or ():
        found.orders.append(
            Order(
                str(one["student"]),
                str(one["guardian"]),
                str(one["kind"]),
                date.fromisoformat(one["from"]) if one.get("from") else None,
                date.fromisoformat(one["to"]) if one.get("to") else None,
            )
        )
    for one in overlay.get("stops") or ():
        found.stops.append((str(one["address"]), datetime.fromisoformat(one["at"])))
    start, end = overlay.get("quiet_hours") or QUIET
    found.quiet = (time.fromisoformat(start), time.fromisoformat(end))


def dialled(number: str) -> str:
    """A number as it is dialled; ten digits are taken for North American ones."""
    kept = "".join(c for c in number if c.isdigit())
    if number.strip().startswith("+"):
        return f"+{kept}"
    return f"+1{kept[-10:]}" if len(kept) >= 10 else kept


def folded(text: str) -> str:
    """One spelling of a street."""
    return " ".join(text.replace(",", " ").split()).casefold()


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines, in order; none where there is no file."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.strip()]
