"""The side of Today: how the school does with its families this term, from the ledger's facts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from bothways.accounts.enums import Permission, Role
from bothways.accounts.models import User
from bothways.core.sql import among
from bothways.ledger.enums import TWO_WAY
from bothways.ledger.models import FamilyReach
from bothways.messaging.queries import conversations_for
from bothways.outreach.queries import OpenStep, next_steps
from bothways.reach.board import Board, Unreached, Wanted, figures
from bothways.reach.enums import Reason
from bothways.reach.queries import FamilyRow, period_start
from bothways.web.staff.good_news import families_of
from bothways.web.staff.good_news_turns import Turn, turns
from bothways.web.staff.kept_figures import of_many
from bothways.web.staff.names import Home, homes
from bothways.web.staff.scope import children_of, home_ids

_LONG = timedelta(hours=24)
# What the school can do something about, in the order of the rule.
_OURS = tuple(reason for reason in Reason if reason is not Reason.WAITING)
_LISTED = 4


@dataclass(frozen=True, slots=True)
class NotReached:
    row: FamilyRow
    home: Home
    step: OpenStep | None


@dataclass(slots=True)
class Figures:
    """Counts with their denominators; ``good_families`` is 0 where good news are not counted."""

    since: datetime
    families: int = 0
    reached: int = 0
    two_way: int = 0
    unreached: int = 0
    nothing_sent: bool = True
    known: int = 0
    reasons: list[tuple[Reason, int]] = field(default_factory=list)
    good_families: int = 0
    good: int = 0
    good_missing: list[Home] = field(default_factory=list)  # a few who heard nothing good yet
    turns: list[Turn] = field(default_factory=list)  # whose turn it is to hear something good
    good_not_yet: int = 0
    this_week: int = 0  # families who answered, or whom somebody met, in seven days
    waiting_long: int = 0  # families who wait for a colleague's answer for more than a day
    not_reached: list[NotReached] = field(default_factory=list)


def figures_of(user: User, *, now: datetime, apart: set[int]) -> Figures:
    """The figures of the families this user serves; ``apart``: families that stand elsewhere on the page."""
    assert user.district is not None
    since = period_start(user.district, now)
    found = Figures(since)
    if not user.can(Permission.REACH_SEE):
        return found
    wide = user.is_district_wide
    wanted = Wanted(
        district=user.district,
        since=since,
        now=now,
        students=None if wide else children_of(user),
        homes=home_ids(user),
    )
    board, found.this_week = _counted(wanted)
    found.families, found.known = board.families, board.known
    found.reached, found.nothing_sent = board.reached, board.nothing_sent
    found.two_way = board.at_least(TWO_WAY)
    found.unreached = board.unreached
    found.reasons = [(reason, board.reasons[reason]) for reason in _OURS if board.reasons[reason]]
    if not wide:
        _list(user, wanted, board, found, apart)
        _good_news(user, found, now, apart)
    if user.can(Permission.TASKS_ASSIGN):
        found.waiting_long = (
            conversations_for(user)
            .filter(waiting_since__lt=now - _LONG)
            .exclude(owner=user)
            .count()
        )
    return found


def board_of(wanted: Wanted) -> Board:
    """The figures of all these families; of very many a minute old at most."""
    if wanted.school is not None or wanted.language is not None:
        return figures(wanted)
    return of_many(
        "board",
        lambda: figures(wanted),
        district=wanted.district.pk,
        homes=wanted.homes,
        since=wanted.since,
    )


def _counted(wanted: Wanted) -> tuple[Board, int]:
    """The board, and how many answered or were met this week."""
    week = of_many(
        "week",
        lambda: _this_week(wanted),
        district=wanted.district.pk,
        homes=wanted.homes,
        since=wanted.since,
    )
    return board_of(wanted), week


def _this_week(wanted: Wanted) -> int:
    week = wanted.now - timedelta(days=7)
    rows = FamilyReach.objects.filter(district=wanted.district).filter(
        Q(answered_at__gte=week) | Q(met_at__gte=week)
    )
    if wanted.homes is not None:
        rows = rows.filter(household__in=among(wanted.homes))
    return rows.count()


def _list(user: User, wanted: Wanted, board: Board, found: Figures, apart: set[int]) -> None:
    """Some who are not reached and for whom it is time to do something, each with the next step."""
    rows = [
        row
        for row in Unreached(wanted, board)[: _LISTED * 3]
        if row.household_id not in apart and row.reason is not Reason.WAITING
    ][:_LISTED]
    steps = next_steps(wanted.district, rows, since=wanted.since, now=wanted.now)
    named = homes(user, [row.household_id for row in rows])
    found.not_reached = [
        NotReached(row, named[row.household_id], steps.get(row.household_id)) for row in rows
    ]


def _good_news(user: User, found: Figures, now: datetime, apart: set[int]) -> None:
    assert user.district is not None
    if not user.can(Permission.MESSAGE_WRITE):
        return
    families = families_of(user, since=found.since, now=now)
    counted = families.heard
    found.good_families, found.good = counted.families, counted.from_school
    found.good_not_yet = counted.not_yet
    if user.has_role(Role.TEACHER):
        first = families.waiting()[: len(apart) + 3]
        missing = [one.household for one in first if not one.on_its_way]
        named = homes(user, [pk for pk in missing if pk not in apart][:3])
        found.good_missing = [home for home in named.values() if home.children]
        found.turns = turns(user, now, apart=apart)
