"""What the coach says."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message is for the family."""

    CONCERN = "concern"
    GOOD = "good"
    LOGISTICS = "logistics"


class Rule(StrEnum):
    """What may hurt or close a door; the ids are a contract (`bothways coach`)."""

    BLAME = "blame"
    ABSOLUTE = "absolute"
    LABEL = "label"
    JARGON = "jargon"
    HARD_TO_READ = "hard_to_read"
    NO_EXAMPLE = "no_example"
    NO_INVITATION = "no_invitation"
    DEMAND = "demand"
    ONLY_BAD = "only_bad"
    THREAT = "threat"
    DISMISSIVE = "dismissive"
    NO_NEXT_STEP = "no_next_step"


@dataclass(frozen=True, slots=True)
class Finding:
    """``start``, ``end``: code points of the text; None where something is missing.

    ``suggestion`` may stand in the place of text[start:end], or be added where something is missing.
    """

    rule: Rule
    start: int | None
    end: int | None
    reason: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Advice:
    kind: Kind
    findings: tuple[Finding, ...]
