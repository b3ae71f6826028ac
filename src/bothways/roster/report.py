"""What an import did, and how it refuses."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from bothways.roster.records import Flagged, Rejected


class Conflict(NamedTuple):
    """The roster says one thing, people here another: theirs counts until somebody decides."""

    kind: str
    id: str
    field: str
    roster: Any
    local: Any


class Same(NamedTuple):
    """Two guardians, by roster id, who may be one person."""

    a: str
    b: str
    why: str


class Loss(NamedTuple):
    """So many of a school's live rows would end."""

    school: str
    what: str  # students, guardians, links
    gone: int
    of: int

    def __str__(self) -> str:
        return f"{self.school}: {self.gone} of {self.of} {self.what}"


@dataclass(slots=True)
class Report:
    """Totals are current rows in the database after the import, of its whole district."""

    students: int = 0
    guardians: int = 0
    staff: int = 0
    households: int = 0
    links: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    flagged: list[Flagged] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    possibly_same: list[Same] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return {
            name: getattr(self, name)
            for name in (*COUNTS, "rejected", "flagged", "conflicts", "possibly_same", "seconds")
        } | {
            "rejected": [asdict(one) for one in self.rejected],
            "flagged": [asdict(one) for one in self.flagged],
            "conflicts": [one._asdict() for one in self.conflicts],
            "possibly_same": [one._asdict() for one in self.possibly_same],
        }

    def without_people(self) -> dict[str, Any]:
        """As it is kept: values that stood in the roster or were typed here are left out."""
        words = self.as_json()
        words["conflicts"] = [
            {k: c[k] for k in ("kind", "id", "field")} for c in words["conflicts"]
        ]
        return {k: v for k, v in words.items() if k not in COUNTS}


COUNTS = (
    "students",
    "guardians",
    "staff",
    "households",
    "links",
    "added",
    "changed",
    "removed",
)


class NeedsConfirmation(Exception):
    """So many people would end that somebody must say it is right. Nothing was changed.

    ``report``: what the import would have done; only after a dry run.
    """

    def __init__(self, losses: list[Loss], report: Report | None = None) -> None:
        self.losses = losses
        self.report = report
        super().__init__(
            f"This roster would remove {'; '.join(map(str, losses))}. Nothing was changed. "
            "If the file is the right and the whole one, import it again and allow removals."
        )
