"""``bothways bench reach``: the board and its list, while ledger lines are being added.

The baseline is a table prepared once with a row a family in which level, reason, language and schools
are already worked out: what a board costs at least, if nothing ever changed.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    median,
    peak_mb,
    percentile,
    scratch,
    size_option,
    tell,
)
from bothways.commands.words import say

PAGE = 50
CHANGED = 1_000

_FLAT = """
CREATE TABLE bench_flat AS
SELECT f.household_id, f.district_id, k.school_ids, k.language, (s.state & 7)::smallint AS level,
    ({reason})::smallint AS reason
FROM reach_familyfacts f JOIN reach_familykind k ON k.id = f.kind_id
LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
CROSS JOIN LATERAL (SELECT {state} AS state OFFSET 0) s ORDER BY f.household_id;
CREATE INDEX ON bench_flat (district_id, reason, household_id) WHERE reason IS NOT NULL;
CREATE TABLE bench_counts AS SELECT level, reason, language, school_ids, count(*) AS n
FROM bench_flat GROUP BY 1, 2, 3, 4;
"""

# The same figures in one SELECT, in the two ways that come to mind; the faster one counts.
_BASELINES = {
    "grouping_sets": """
SELECT level, reason, language, NULL::bigint AS school, count(*) FROM bench_flat
WHERE district_id = %(district)s GROUP BY GROUPING SETS ((level, reason), (language, level))
UNION ALL SELECT level, NULL, NULL, school, count(*) FROM bench_flat, unnest(school_ids) AS u(school)
WHERE district_id = %(district)s GROUP BY level, school
""",
    "grouped_twice": """
WITH g AS MATERIALIZED (SELECT level, reason, language, school_ids, count(*) AS n FROM bench_flat
    WHERE district_id = %(district)s GROUP BY 1, 2, 3, 4)
SELECT level, reason, language, NULL::bigint AS school, sum(n) FROM g
GROUP BY GROUPING SETS ((level, reason), (language, level))
UNION ALL SELECT level, NULL, NULL, school, sum(n) FROM g, unnest(school_ids) AS u(school)
GROUP BY level, school
""",
}
_COUNTED = """
SELECT level, reason, language, NULL::bigint AS school, sum(n) FROM bench_counts
GROUP BY GROUPING SETS ((level, reason), (language, level))
UNION ALL SELECT level, NULL, NULL, school, sum(n) FROM bench_counts, unnest(school_ids) AS u(school)
GROUP BY level, school
"""
_FLAT_LIST = """
SELECT household_id, reason, language, school_ids FROM bench_flat
WHERE district_id = %(district)s AND reason IS NOT NULL ORDER BY reason, household_id LIMIT 50
"""


@dataclass(slots=True)
class Timed:
    """Milliseconds of each call of one thing."""

    values: list[float] = field(default_factory=list)

    def __call__(self, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        self.values.append((time.perf_counter() - start) * 1000)
        return result

    @property
    def p50(self) -> float:
        return round(median(self.values), 1)

    @property
    def p95(self) -> float:
        return round(percentile(self.values, 95), 1)


@click.command(short_help="The reach board and its list while the ledger grows.")
@size_option("families", 100_000, "families in the district")
@click.option(
    "--lines", type=click.IntRange(min=1), help="ledger lines before; default: 50 a family"
)
@click.option(
    "--rate", default=500, show_default=True, type=click.IntRange(min=25), help="lines/s meanwhile"
)
@click.option(
    "--rounds", default=60, show_default=True, type=click.IntRange(min=5), help="of all reads"
)
@json_option
def reach(families: int, lines: int | None, rate: int, rounds: int, as_json: bool) -> None:
    """Time the figures and the list of the reach board, through what the page calls."""
    with scratch():
        tell(_measure(families, lines or families * 50, rate, rounds), as_json)


def _measure(families: int, lines: int, rate: int, rounds: int) -> Result:
    from bothways.commands.bench.reach_district import fill
    from bothways.core import clock
    from bothways.people.models import Student
    from bothways.reach.board import Unreached, Wanted, figures
    from bothways.reach.facts import refresh
    from bothways.schools.models import District, School

    started = time.monotonic()
    written = fill(families, lines)
    say(f"  filled: {families:,} families, {written:,} lines in {time.monotonic() - started:.0f} s")
    district = District.objects.get()
    first, changed = Timed(), Timed()
    first(lambda: refresh(district, clock.now()))
    _vacuum()
    for number in range(5):
        _change(CHANGED, number)
        changed(lambda: refresh(district, clock.now()))

    def wanted(**narrower: Any) -> Wanted:
        now = clock.now()
        return Wanted(district, now - timedelta(days=90), now, **narrower)

    baseline = _prepare(wanted().values)
    served = Student.objects.filter(school=School.objects.order_by("pk")[0])
    figures_, list_, both, deep, principal = Timed(), Timed(), Timed(), Timed(), Timed()
    theirs, their_list, counted = Timed(), Timed(), Timed()

    def board(page: int = 0, **narrower: Any) -> None:
        asked = wanted(**narrower)
        found = figures_(lambda: figures(asked))
        listed = Unreached(asked, found)
        list_(lambda: listed[page : page + PAGE])

    def scoped() -> None:
        asked = wanted(students=served)
        Unreached(asked, figures(asked))[:PAGE]

    def far() -> None:
        asked = wanted()
        listed = Unreached(asked, figures(asked))
        start = len(listed) * 2 // 3
        deep(lambda: listed[start : start + PAGE])

    with _lines_added(rate) as added:
        for number in range(rounds):
            both(board)
            theirs(lambda: _select(_BASELINES[baseline], district.pk))
            their_list(lambda: _select(_FLAT_LIST, district.pk))
            counted(lambda: _select(_COUNTED, district.pk))
            if number % 4 == 0:
                principal(scoped)
                far()
        peak = peak_mb()
    their_both = median(theirs.values) + median(their_list.values)
    return Result(
        name="reach",
        rate=1000 / both.p50,
        baseline_rate=1000 / their_both,
        unit="boards",
        peak_mb=peak,
        figures={
            "families": families,
            "lines": written,
            "lines_per_s_added": round(added[0]),
            "rounds": rounds,
            "figures_p50_ms": figures_.p50,
            "figures_p95_ms": figures_.p95,
            "list_p50_ms": list_.p50,
            "list_p95_ms": list_.p95,
            "both_p50_ms": both.p50,
            "both_p95_ms": both.p95,
            "far_page_p50_ms": deep.p50,
            "far_page_p95_ms": deep.p95,
            "principal_p50_ms": principal.p50,
            "principal_p95_ms": principal.p95,
            "baseline": baseline,
            "baseline_p50_ms": theirs.p50,
            "baseline_p95_ms": theirs.p95,
            "baseline_list_p50_ms": their_list.p50,
            "figures_ratio": round(theirs.p50 / figures_.p50, 3),
            "ready_counts_p50_ms": counted.p50,
            "first_refresh_ms": round(first.values[0]),
            "refresh_of_1000_p50_ms": changed.p50,
        },
    )


def _prepare(values: dict[str, Any]) -> str:
    """Make the baseline's tables; the name of its faster SELECT."""
    from django.db import connection

    from bothways.reach.mirror import REASON, STATE

    with connection.cursor() as cursor:
        cursor.execute(_FLAT.format(reason=REASON, state=STATE), values)
    _vacuum()
    times = {name: Timed() for name in _BASELINES}
    for _ in range(5):
        for name, timed in times.items():
            timed(partial(_select, _BASELINES[name], values["district"]))
    return min(times, key=lambda name: times[name].p50)


def _select(statement: str, district: int) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, {"district": district})
        return list(cursor.fetchall())


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _change(families: int, number: int) -> None:
    """A roster change that moves so many families from one language to another."""
    from bothways.people.models import Guardian

    first = Guardian.objects.order_by("pk")[number * families : (number + 1) * families]
    Guardian.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(reads="fr")


@contextmanager
def _lines_added(rate: int) -> Iterator[list[float]]:
    """Another process adds lines meanwhile; after the block, how many a second."""
    writer = subprocess.Popen(  # noqa: S603 - our own module and a number
        [sys.executable, "-m", "bothways.commands.bench.reach_lines", str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    added = [0.0]
    try:
        if writer.stdout.readline() != "ready\n":
            raise click.ClickException("The process that adds ledger lines did not begin.")
        started = time.monotonic()
        yield added
        seconds = time.monotonic() - started
        writer.stdin.close()
        added[0] = int(writer.stdout.readline()) / seconds
    finally:
        if not writer.stdin.closed:
            writer.stdin.close()
        writer.wait(timeout=30)
