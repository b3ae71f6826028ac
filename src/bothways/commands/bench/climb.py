"""``bothways bench climb``: one day's advance of the climb for every family of a district.

Each family has an open climb; in the course of the day most of them come due. Three families in twenty have
something in their way, one or two things each. The baseline reads the same rows in the same batches and
writes the same rows, and decides nothing, nor asks for barriers: what a day costs at least.

The day begins at ten on a school day, whenever it is run: how many climbs come due, and how often each is
looked at, depends on quiet hours and on the hours that suit calls, so figures of two hours cannot be compared.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    peak_mb,
    progress,
    scratch,
    size_option,
    tell,
)
from bothways.commands.words import say

LINES_EACH = 5  # ledger lines a family before
BATCHES = (500, 2_000, 10_000)  # the baseline's; its best counts
TICKS = 24  # an hour apart: how often the day looks for what is due
# A Tuesday, 10:00 in the district; the climbs come due from the same hour of the next day on.
BEGINS = datetime(2026, 10, 6, 15, tzinfo=UTC)

# Nobody gave a sign yet, but for one family in ten: the others are to be climbed for.
_NO_SIGN = """
UPDATE ledger_familyreach SET seen_at = NULL, answered_at = NULL, met_at = NULL,
    held_at = CASE WHEN abs(hashint8(household_id * 41)) %% 10 = 0 THEN held_at END
WHERE abs(hashint8(household_id * 37)) %% 10 > 0
"""
# What stands in the way of three families in twenty: one or two things, of those that lead the climb.
_BARRIERS = """
INSERT INTO barriers_familybarrier (district_id, household_id, code, noted_at, ended_how)
SELECT h.district_id, h.id, b.code, %(now)s - interval '30 days', ''
FROM people_household h CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[
    (ARRAY['transport', 'nights', 'language', 'days', 'minutes', 'internet', 'reading', 'evenings'])
        [1 + (h.id / 20) %% 8],
    (ARRAY['time', 'phone', 'transport', 'past_hurt'])[1 + (h.id / 160) %% 4]]) AS code) b
WHERE h.id %% 20 < 3 ORDER BY h.id
"""
# The same rows as the climb reads, joined as plainly as can be.
_READ = """
SELECT c.id, c.household_id, c.purpose, c.opened_at, r.seen_at, r.answered_at, r.met_at, f.kind_id
FROM outreach_climb c LEFT JOIN ledger_familyreach r ON r.household_id = c.household_id
LEFT JOIN reach_familyfacts f ON f.household_id = c.household_id
WHERE c.id = ANY(%s)
"""
_READ_MORE = (
    "SELECT household_id, message_id, channel, created_at, accepted_at, not_before, state, rank, match "
    "FROM messaging_delivery WHERE household_id = ANY(%s)",
    "SELECT g.household_id, p.kind, p.match, p.phone_kind, p.state, g.can_read, g.reads, g.speaks "
    "FROM people_guardian g JOIN people_contactpoint p ON p.guardian_id = g.id "
    "WHERE g.household_id = ANY(%s)",
    "SELECT household_id, at, way, result FROM outreach_personcontact WHERE household_id = ANY(%s)",
    "SELECT household_id, due FROM outreach_task WHERE household_id = ANY(%s) AND state = 'open'",
    "SELECT hs.household_id, hs.student_id, e.section_id, t.user_id FROM people_householdstudent hs "
    "JOIN people_enrollment e ON e.student_id = hs.student_id "
    "JOIN accounts_teaching t ON t.section_id = e.section_id WHERE hs.household_id = ANY(%s)",
)
_WRITE = """
UPDATE outreach_climb c SET step = x.step, channel = x.channel, why = x.why, next_at = x.next_at,
    state = x.state, closed_at = x.closed_at
FROM bench_climb x WHERE c.id = x.id AND c.id = ANY(%s)
"""
_INSERT = (
    "INSERT INTO messaging_delivery SELECT * FROM bench_delivery WHERE household_id = ANY(%s)",
    "INSERT INTO messaging_recipient SELECT r.* FROM bench_recipient r "
    "JOIN bench_delivery d ON d.id = r.delivery_id WHERE d.household_id = ANY(%s)",
    "INSERT INTO outreach_task SELECT * FROM bench_task WHERE household_id = ANY(%s)",
)


@click.command(short_help="One day's advance of the climb for every family.")
@size_option("families", 100_000, "families in the district, each with an open climb")
@json_option
def climb(families: int, as_json: bool) -> None:
    """Time one day of deciding what is next for each family, and of writing it down."""
    with scratch() as here, _school_day(here.home):
        tell(_measure(families), as_json)


@contextmanager
def _school_day(home: Path) -> Iterator[None]:
    """The clock of this installation stands at the hour at which each run begins."""
    from bothways.core import clock

    file = home / "bench-clock"
    clock.stop_at(file, BEGINS)
    clock.follow(file)
    try:
        yield
    finally:
        clock.forget()


def _measure(families: int) -> Result:
    from bothways.commands.bench.reach_district import fill
    from bothways.core import clock
    from bothways.outreach.services.climbing import open_climbs
    from bothways.outreach.services.policies import policies_of
    from bothways.reach.facts import refresh
    from bothways.schools.models import District

    started = time.monotonic()
    fill(families, families * LINES_EACH)
    _prepare(families)
    say(f"  filled: {families:,} families in {time.monotonic() - started:.0f} s")
    district = District.objects.get()
    now = clock.now()
    refresh(district, now)
    # Opened and due beforehand: this is about the day, not about the message.
    opened = open_climbs(district, policies_of(district), at=now)
    _keep_before()
    seconds, ticks, decided = _a_day(district, now, opened)
    _keep_after()
    counts = _counts()
    peak = peak_mb()
    best, theirs = min(((batch, _baseline(batch)) for batch in BATCHES), key=lambda found: found[1])
    return Result(
        name="climb",
        rate=families / seconds,
        baseline_rate=families / theirs,
        unit="families",
        peak_mb=peak,
        figures={
            "families": families,
            "climbs": opened,
            "with_barriers": _with_barriers(),
            "decided": decided,
            "seconds": round(seconds, 1),
            "baseline_seconds": round(theirs, 1),
            "baseline_batch": best,
            "idle_tick_ms": round(min(ticks) * 1000, 1),
            "longest_tick_s": round(max(ticks), 1),
            **counts,
        },
    )


def _prepare(families: int) -> None:
    from django.db import connection

    from bothways.channels.services import configure
    from bothways.commands.bench.staff_district import fill_staff
    from bothways.core import clock

    fill_staff(families)
    with connection.cursor() as cursor:
        cursor.execute(_NO_SIGN, {})
        cursor.execute(_BARRIERS, {"now": clock.now()})
        cursor.execute("VACUUM ANALYZE")
    # An installation that can call; nothing is sent here.
    configure(
        "twilio_voice",
        {"account_sid": "AC0", "auth_token": "none", "from_number": "+15005550006"},
    )


def _a_day(district: Any, now: Any, opened: int) -> tuple[float, list[float], int]:
    """Seconds of the whole day, of each tick, and how many climbs were decided."""
    from bothways.outreach.services.climbing import advance

    ticks = []
    decided = 0
    with progress("the climb's day", opened) as tell_more:
        for hour in range(TICKS + 1):
            start = time.perf_counter()
            made = advance(district, at=now + timedelta(days=1, hours=hour))
            ticks.append(time.perf_counter() - start)
            decided += made
            tell_more(made)
    return sum(ticks), ticks, decided


def _keep_before() -> None:
    _run(
        "CREATE TABLE bench_before AS SELECT * FROM outreach_climb",
        "CREATE TABLE bench_first AS SELECT coalesce(max(id), 0) AS id FROM messaging_delivery",
    )


def _keep_after() -> None:
    """Put what the day wrote aside, and everything back as it was before."""
    _run(
        "CREATE TABLE bench_climb AS SELECT * FROM outreach_climb",
        "CREATE TABLE bench_delivery AS SELECT * FROM messaging_delivery "
        "WHERE id > (SELECT id FROM bench_first)",
        "CREATE TABLE bench_recipient AS SELECT r.* FROM messaging_recipient r "
        "JOIN bench_delivery d ON d.id = r.delivery_id",
        "CREATE TABLE bench_task AS SELECT * FROM outreach_task",
        "CREATE INDEX ON bench_climb (id)",
        "CREATE INDEX ON bench_delivery (household_id)",
        "CREATE INDEX ON bench_recipient (delivery_id)",
        "CREATE INDEX ON bench_task (household_id)",
    )
    _put_back()


def _put_back() -> None:
    _run(
        "DELETE FROM messaging_recipient WHERE id IN (SELECT id FROM bench_recipient)",
        "DELETE FROM messaging_delivery WHERE id > (SELECT id FROM bench_first)",
        "DELETE FROM outreach_task",
        "UPDATE outreach_climb c SET step = b.step, channel = b.channel, why = b.why, "
        "next_at = b.next_at, state = b.state, closed_at = b.closed_at "
        "FROM bench_before b WHERE b.id = c.id",
        "VACUUM ANALYZE",
    )


def _run(*statements: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _with_barriers() -> int:
    from bothways.barriers.models import FamilyBarrier

    return FamilyBarrier.objects.values("household").distinct().count()


def _counts() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM bench_delivery), (SELECT count(*) FROM bench_task), "
            "(SELECT count(*) FROM bench_climb WHERE state = 'done')"
        )
        sent, tasks, ended = cursor.fetchone() or (0, 0, 0)
    return {"sent_further": sent, "tasks": tasks, "ended": ended}


def _baseline(batch: int) -> float:
    """Seconds to read and write the same rows, batch after batch, deciding nothing."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id, b.household_id FROM bench_climb b JOIN bench_before a ON a.id = b.id "
            "WHERE (a.next_at, a.step, a.state) IS DISTINCT FROM (b.next_at, b.step, b.state) "
            "ORDER BY b.id"
        )
        changed = cursor.fetchall()
    start = time.perf_counter()
    for part in _parts(changed, batch):
        ids, homes = [pk for pk, _ in part], sorted({home for _, home in part})
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_READ, [ids])
            cursor.fetchall()
            for statement in _READ_MORE:
                cursor.execute(statement, [homes])
                cursor.fetchall()
            cursor.execute(_WRITE, [ids])
            for statement in _INSERT:
                cursor.execute(statement, [homes])
    seconds = time.perf_counter() - start
    _put_back()
    return seconds


def _parts(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
