"""Bad days of the text carrier, ordered by a test."""

import time
from dataclasses import dataclass

MODES = ("none", "429", "500", "nonsense", "slow", "lost", "early")


class FaultError(ValueError):
    """Such a bad day cannot be ordered."""


@dataclass
class Faults:
    """One fault at a time, for a number of requests, for a while, or until it is switched off.

    429 (with Retry-After) and 500: nothing was taken. nonsense: status 200 with a body that is no
    answer, nothing was taken. slow: taken, and answered late. lost: taken, but the connection ends
    before the answer. early: taken, and all reports come before the answer, the last one first; the
    usual reports follow in their time, so each comes twice.
    """

    mode: str = "none"
    requests: int | None = None
    until: float | None = None  # on the machine's own steady clock
    retry_after: int = 1
    milliseconds: int = 1000
    struck: int = 0

    def order(self, raw: object) -> None:
        """Set from ``{"mode", "requests"?, "seconds"?, "retry_after"?, "milliseconds"?}``."""
        if not isinstance(raw, dict) or raw.get("mode") not in MODES:
            raise FaultError(f"mode must be one of {', '.join(MODES)}.")
        whole = {"requests": None, "seconds": None, "retry_after": 1, "milliseconds": 1000}
        values = {name: raw.get(name, default) for name, default in whole.items()}
        for name, value in values.items():
            if value is None and whole[name] is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**7:
                raise FaultError(f"{name} must be a whole number from 0.")
        self.mode = raw["mode"]
        self.requests = values["requests"]
        seconds = values["seconds"]
        self.until = None if seconds is None else time.monotonic() + seconds
        self.retry_after = values["retry_after"] or 0
        self.milliseconds = values["milliseconds"] or 0

    def strike(self) -> str:
        """The fault that hits this request, or ``none``."""
        if self.mode == "none":
            return "none"
        if self.requests == 0 or (self.until is not None and time.monotonic() >= self.until):
            self.mode = "none"
            return "none"
        if self.requests is not None:
            self.requests -= 1
        self.struck += 1
        return self.mode
