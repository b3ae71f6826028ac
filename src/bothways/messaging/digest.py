"""When a family's digest goes out, what of it the week still allows, and its words. Pure.

Routine words of all authors and about all children of a family wait for one hour of the week and go out
together. Urgent and personal words never wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bothways.channels.enums import Channel
from bothways.messaging.enums import MessageKind, Purpose

# Words that waited so long go even where the week is used up: later they would be worth nothing.
LONGEST_WAIT = timedelta(days=10)
# Two routine contacts lie in different calendar weeks and so far apart, at least: a week, less what the hour
# of a digest moves by when it is sent or when the clocks change.
APART = timedelta(days=7) - timedelta(hours=2)
# So short that a text says it all (two or three parts); else each message gets its beginning.
SHORT = 320
BEGINNING = 70
# Channels whose words are short and whose link leads to all of them.
BRIEF = frozenset({Channel.TEXT, Channel.WHATSAPP, Channel.PUSH})


def next_digest(after: datetime, zone: ZoneInfo, weekday: int, at: time) -> datetime:
    """The first moment after ``after`` that is this weekday (0 is Monday) and hour on the school's wall.

    On clock-change nights an hour that does not exist is the one that follows; of one that comes twice, the
    first counts.
    """
    day = after.astimezone(zone).date()
    day += timedelta(days=(weekday - day.weekday()) % 7)
    at = at.replace(fold=0)
    moment = datetime.combine(day, at, zone).astimezone(UTC)
    if moment <= after:
        moment = datetime.combine(day + timedelta(days=7), at, zone).astimezone(UTC)
    return moment


def waits(*, kind: MessageKind, purpose: Purpose, first_word: bool) -> bool:
    """Whether words wait for the digest: only routine news, and never a family's first word."""
    return kind is MessageKind.NEWS and purpose is Purpose.ROUTINE and not first_word


def week_begins(at: datetime, zone: ZoneInfo) -> datetime:
    """Since when routine contacts count against the week in which ``at`` lies."""
    local = at.astimezone(zone)
    monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time(), zone)
    return min(monday.astimezone(UTC), at - APART)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a digest, as its reader gets it."""

    subject: str  # "" where it has none
    body: str
    school: str

    @property
    def headline(self) -> str:
        """The subject, else the beginning of the words."""
        line = self.subject or next((line for line in self.body.splitlines() if line.strip()), "")
        line = " ".join(line.split())
        if len(line) <= BEGINNING:
            return line
        return line[: BEGINNING - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def together(parts: Sequence[Part], channel: Channel) -> tuple[str, bool]:
    """The words of all messages as one, and whether that is all of them.

    Brief channels get full words where they are short, else one line for each message; the others a section
    for each, under its heading.
    """
    if channel not in BRIEF:
        return "\n\n".join(_section(number, part) for number, part in enumerate(parts, 1)), True
    full = [" ".join(part.body.split()) for part in parts]
    whole = sum(len(body) for body in full) <= SHORT
    lines = full if whole else [part.headline for part in parts]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)), whole


def _section(number: int, part: Part) -> str:
    return f"{number}. {part.subject or part.school}\n\n{part.body}"
