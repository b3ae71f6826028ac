"""What the readers have to say about single records."""

from sys import intern

from bothways.roster.records import Flagged, Rejected

# A column that is wrong in every line of a large district is one trouble, not a million.
_MOST_OF_A_KIND = 10_000


class Findings:
    """Collects rejections and flags. Reasons never quote a person's data: they end up in logs."""

    def __init__(self) -> None:
        self.rejected: list[Rejected] = []
        self.flagged: list[Flagged] = []
        self._counts: dict[tuple[str, str, str], int] = {}

    def reject(
        self, file: str, line: int, column: str, reason: str, done: str = "not imported"
    ) -> None:
        self.rejected.append(Rejected(file, line, column, intern(reason), intern(done)))

    def flag(self, file: str, line: int, column: str, reason: str) -> None:
        kind = (file, column, reason)
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count <= _MOST_OF_A_KIND:
            self.flagged.append(Flagged(file, line, column, intern(reason)))

    def tell_the_rest(self) -> None:
        """One line for each kind of flag that came more often than is listed."""
        for (file, column, reason), count in self._counts.items():
            if count > _MOST_OF_A_KIND:
                more = f"{reason} ({count - _MOST_OF_A_KIND:,} more lines)"
                self.flagged.append(Flagged(file, 1, column, more))


def shown(word: str) -> str:
    """A word of the file fit for a sentence: short, on one line, in quotation marks."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in word).split())
    return f"“{plain[:40]}{'…' if len(plain) > 40 else ''}”"
