"""Which column is which: by name, by another name it goes by, by a near miss if there is only one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bothways.roster.readers.findings import shown


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a table can have.

    ``standard`` and ``extension`` map our name of a column to the folded names it goes by; extension
    columns may carry the prefix "metadata.". ``ignored`` are known columns that we do not read: they
    stand here so that none is taken for a misspelt other one, and passwords are never touched.
    """

    standard: Mapping[str, Sequence[str]]
    extension: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ignored: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Where each column stands, and what to tell about the header: (column, words)."""

    at: dict[str, int]
    words: list[tuple[str, str]]


_METADATA = re.compile(r"^\s*(?:metadata|ext|extension)[\s._:\-]+", re.IGNORECASE)
# What safety may hang on. A column like this is read as restriction, however it is called.
_RESTRICTS = re.compile(
    r"restrict|restrain|custodyalert|custodynote|courtorder|legalalert|nocontact|protectiveorder|safetyalert"
)


def fold(header: str) -> str:
    """A header without case, spaces and signs: "Given_Name" → "givenname"."""
    return "".join(c for c in header.casefold() if c.isalnum())


def match(header: Sequence[str], columns: Columns) -> Match:
    """Find the columns in a header. Never guesses between two candidates: it says so instead."""
    at: dict[str, int] = {}
    words: list[tuple[str, str]] = []
    unknown: list[tuple[int, str, bool]] = []
    standard = _names(columns.standard)
    extension = _names(columns.extension)
    ignored = {fold(name) for name in columns.ignored} - standard.keys() - extension.keys()
    for index, title in enumerate(header):
        prefixed = _METADATA.match(title) is not None
        name = fold(_METADATA.sub("", title))
        if not name:
            continue
        found = extension.get(name) or (None if prefixed else standard.get(name))
        if found is None and _RESTRICTS.search(name) and "restriction" in columns.extension:
            found = "restriction"
        if found is None:
            if name not in ignored:
                unknown.append((index, title, prefixed))
        elif found in at:
            words.append((title, f"the column {shown(title)} is there twice; the first is read"))
        else:
            at[found] = index
    words += _near_misses(unknown, at, standard, extension, ignored)
    return Match(at, words)


def _names(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {fold(name): ours for ours, names in columns.items() for name in (ours, *names)}


def _near_misses(
    unknown: list[tuple[int, str, bool]],
    at: dict[str, int],
    standard: dict[str, str],
    extension: dict[str, str],
    ignored: set[str],
) -> list[tuple[str, str]]:
    words: list[tuple[str, str]] = []
    claims: dict[str, list[tuple[int, str]]] = {}
    for index, title, prefixed in unknown:
        name = fold(_METADATA.sub("", title))
        candidates = extension if prefixed else {**standard, **extension}
        near = {ours for known, ours in candidates.items() if ours not in at and close(name, known)}
        if any(close(name, known) for known in ignored):
            near.add("")
        if len(near) > 1:
            named = " or ".join(sorted(ours or "a column that is not read" for ours in near))
            words.append((title, f"the column {shown(title)} could be {named}; it is not read"))
        elif near and (ours := near.pop()):
            claims.setdefault(ours, []).append((index, title))
    for ours, titles in claims.items():
        if len(titles) == 1:
            at[ours] = titles[0][0]
            words.append((titles[0][1], f"the column {shown(titles[0][1])} is read as {ours}"))
        else:
            both = " and ".join(shown(title) for _, title in titles)
            words.append((titles[0][1], f"both {both} could be {ours}; neither is read"))
    return words


def close(a: str, b: str) -> bool:
    """Whether two folded names differ by a slip or two of the keyboard."""
    longest = max(len(a), len(b))
    allowed = 0 if longest < 6 else 1 if longest < 10 else 2
    return a == b or (allowed > 0 and distance(a, b, allowed) <= allowed)


def distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours from a to b; more than limit if far."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]
