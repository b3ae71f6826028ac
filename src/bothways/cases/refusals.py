"""What a case refuses, in words for whoever tried."""

from datetime import date


class Unusable(ValueError):
    """It cannot be kept like this; the text says what to mend."""


class NotYours(LookupError):
    """Not a member of this case: it is as if there were none."""


class NotYet(Unusable):
    """The stage still lacks something; ``soft``: one may go on and say why."""

    def __init__(self, words: str, *, soft: bool) -> None:
        super().__init__(words)
        self.soft = soft


class AnotherPlanRuns(Unusable):
    """Two plans at once would tell nothing: the older is ended first."""

    def __init__(self, number: int, since: date) -> None:
        super().__init__(
            f"Plan {number} has been running since {since:%B} {since.day}. Two plans at once would not show "
            "which of them helped. End the older one first: tick the box, and its phase closes the day before "
            "the new plan begins."
        )
        self.number = number
