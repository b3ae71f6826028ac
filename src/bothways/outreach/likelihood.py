"""What has worked comes first: how likely a way leads to a sign from this family. Pure.

A Beta prior with the district's share as its mean and the weight of a few contacts; each contact with the
family moves it. With n contacts of which s led to a sign, and the district's share p at weight w, the
expected share is (w·p + s) / (w + n): the mean of the Beta posterior (Gelman et al., Bayesian Data
Analysis, section 2.4).
"""

from dataclasses import dataclass
from typing import Final

# The district's experience weighs as much as four contacts with the family itself: two unseen texts
# move texts behind a way that works for half of all families.
WEIGHT: Final = 4.0
# Before anything is known of a district: even, so that the first contacts decide.
UNKNOWN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """Contacts made, and how many of them led to a sign: a gesture, words, a meeting."""

    tried: int = 0
    seen: int = 0

    def __add__(self, other: "Record") -> "Record":
        return Record(self.tried + other.tried, self.seen + other.seen)


NONE = Record()


def share(district: Record) -> float:
    """The district's share, itself smoothed: one contact says little about thousands of families."""
    return (WEIGHT * UNKNOWN + district.seen) / (WEIGHT + district.tried)


def likely(family: Record, district: Record) -> float:
    """The expected share of contacts by this way that lead to a sign from this family, 0 to 1."""
    return (WEIGHT * share(district) + family.seen) / (WEIGHT + family.tried)


def explain(way: str, family: Record, district: Record) -> str:
    """The same as one sentence for staff; ``way``: what it is called, such as “Texts”."""
    elsewhere = (
        f"in the district {district.seen} of {district.tried}"
        if district.tried
        else "in the district not tried yet"
    )
    if not family.tried:
        return f"{way}: not tried with this family yet; seen {elsewhere}."
    return f"{way}: seen {family.seen} of {family.tried} times by this family; {elsewhere}."
