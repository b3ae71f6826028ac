"""Figures for Prometheus: what waits, what is stuck, how pages do. Counts only, of nobody.

What the database knows is the same in every web process, and is asked seldom. What a process counts of its
own requests is put together from all processes by way of small files (``PROMETHEUS_MULTIPROC_DIR``, which
``bothways up`` sets); without that folder a process knows of its own requests alone.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from bothways.core import clock
from bothways.core.home import HomeError, bothways_home
from bothways.web.health import connection_parts

# A scrape costs the database at most a fiftieth of its time, however large its tables have become.
ASKED_EVERY = 15.0  # seconds, at least
_SHARE = 50
_PATIENCE_MS = 5000
SECRET = "metrics"  # noqa: S105 - the name of a file in ``secrets``

_counts = CollectorRegistry()
REQUESTS = Counter(
    "bothways_web_requests",
    "Answers of the web server, by the name of the page (never by its address).",
    ["route", "method", "status"],
    registry=_counts,
)
SECONDS = Histogram(
    "bothways_web_request_seconds",
    "How long pages took.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=_counts,
)


def metrics(request: HttpRequest) -> HttpResponse:
    """For who brings the token, else 404: who does not know it learns not even that there is a page."""
    if not allowed(request.META.get("HTTP_AUTHORIZATION", "")):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    registry.register(FIGURES)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        body = generate_latest(registry)
    else:
        body = generate_latest(registry) + generate_latest(_counts)
    return HttpResponse(body, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def allowed(header: str) -> bool:
    """Whether this is the bearer token of the installation; never where none is set."""
    kind, _, given = header.partition(" ")
    wanted = token()
    return (
        bool(wanted)
        and kind.lower() == "bearer"
        and compare_digest(given.strip().encode(), wanted.encode())
    )


def token() -> str:
    """BOTHWAYS_METRICS_TOKEN, else the secret that ``bothways up`` made; "" where there is neither."""
    if named := os.environ.get("BOTHWAYS_METRICS_TOKEN", "").strip():
        return named
    try:
        return (bothways_home() / "secrets" / SECRET).read_text("ascii").strip()
    except (OSError, ValueError, HomeError):
        return ""


def observe(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer."""
    REQUESTS.labels(route, method if method in _METHODS else "other", str(status)).inc()
    SECONDS.labels(route).observe(seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

# Each is answered from an index that holds only what waits, or from a small table. Deliveries are counted
# over a day: their ids grow with time, so the day's first one is found by halving, and only its successors
# are read.
_QUEUE = """
SELECT lane::text, count(*), extract(epoch FROM %(now)s - min(not_before))
FROM messaging_delivery WHERE state = 'queued' GROUP BY lane
"""
_DAY = """
SELECT channel, state, count(*) FROM messaging_delivery
WHERE id >= %(first)s AND created_at >= %(since)s GROUP BY 1, 2
"""
_HELD = "SELECT count(*) FROM messaging_delivery WHERE state = 'held'"
_RAW = """
SELECT count(*), extract(epoch FROM %(now)s - min(received_at))
FROM channels_rawevent WHERE applied_at IS NULL
"""
_ANSWERS = """
SELECT count(*), extract(epoch FROM %(now)s - min(waiting_since))
FROM messaging_conversation WHERE waiting_since IS NOT NULL
"""
_JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"
_WORKERS = """
SELECT count(*) FILTER (WHERE last_heartbeat > now() - interval '60 seconds'),
    extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers
"""
_NIGHTS = """
SELECT DISTINCT ON (task) task, ok, extract(epoch FROM now() - ended_at),
    (SELECT extract(epoch FROM now() - max(g.ended_at)) FROM upkeep_run g
        WHERE g.task = r.task AND g.ok),
    (SELECT g.bytes FROM upkeep_run g WHERE g.task = r.task AND g.ok ORDER BY g.ended_at DESC LIMIT 1)
FROM upkeep_run r WHERE ended_at IS NOT NULL ORDER BY task, ended_at DESC
"""
DAY = 24 * 3600


class Figures(Collector):
    """What the database knows, asked at most every ASKED_EVERY seconds by each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._kept: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() >= self._until:
                began = time.monotonic()
                self._kept = list(_figures())
                took = time.monotonic() - began
                self._until = time.monotonic() + max(ASKED_EVERY, took * _SHARE)
            return list(self._kept)

    def forget(self) -> None:
        """Ask anew at the next scrape."""
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        return []  # else registering would ask the database


FIGURES = Figures()


def _figures() -> Iterator[Metric]:
    try:
        with psycopg.connect(**connection_parts(), autocommit=False) as connection:
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(f"SET LOCAL statement_timeout = {_PATIENCE_MS}")
            found = list(_asked(connection))
            connection.rollback()
    except (psycopg.Error, OSError):
        yield _one("bothways_database_up", "Whether the database answered.", 0)
        return
    yield _one("bothways_database_up", "Whether the database answered.", 1)
    yield from found


def _asked(connection: psycopg.Connection[Any]) -> Iterator[Metric]:
    now = clock.now()
    values: dict[str, Any] = {
        "now": now,
        "since": datetime.fromtimestamp(now.timestamp() - DAY, UTC),
    }
    values["first"] = _first_since(connection, values["since"])

    depth = _family("bothways_queue_deliveries", "Deliveries that wait to go out.", ["lane"])
    age = _family(
        "bothways_queue_oldest_due_seconds", "How long the oldest one that is due waits.", ["lane"]
    )
    lanes = {"0": (0, 0.0), "1": (0, 0.0), "2": (0, 0.0)}
    for lane, number, oldest in connection.execute(_QUEUE, values):
        lanes[lane] = (number, max(0.0, float(oldest or 0)))
    for lane, (number, oldest) in lanes.items():
        depth.add_metric([lane], number)
        age.add_metric([lane], oldest)
    yield from (depth, age)

    day = _family(
        "bothways_deliveries_day",
        "Deliveries made in the last 24 hours, by what became of them.",
        ["channel", "state"],
    )
    for channel, state, number in connection.execute(_DAY, values):
        day.add_metric([channel, state], number)
    yield day
    yield _one(
        "bothways_deliveries_held",
        "Deliveries of which nobody knows whether they went out: a person decides.",
        _row(connection, _HELD, values)[0],
    )
    number, oldest = _row(connection, _RAW, values)
    yield _one("bothways_raw_events_waiting", "Reports and texts not taken in yet.", number)
    yield _one("bothways_raw_events_oldest_seconds", "How long the oldest waits.", oldest)
    number, oldest = _row(connection, _ANSWERS, values)
    yield _one("bothways_answers_owed", "Talks in which a family waits for an answer.", number)
    yield _one("bothways_answers_oldest_seconds", "How long the first of them waits.", oldest)

    jobs = _family("bothways_jobs", "Background jobs, by what became of them.", ["queue", "status"])
    for queue, status, number in connection.execute(_JOBS):
        jobs.add_metric([queue, status], number)
    yield jobs
    alive, silent = _row(connection, _WORKERS, {})
    yield _one("bothways_workers", "Workers that told of themselves in the last minute.", alive)
    if silent is not None:
        yield _one(
            "bothways_worker_heartbeat_age_seconds", "Since the last word of any worker.", silent
        )
    yield from _nights(connection)


def _nights(connection: psycopg.Connection[Any]) -> Iterator[Metric]:
    ok = _family("bothways_night_ok", "Whether the last one went well.", ["task"])
    age = _family("bothways_night_age_seconds", "Since the last one that went well.", ["task"])
    for task, well, _, since, size in connection.execute(_NIGHTS):
        ok.add_metric([task], int(well))
        if since is not None:
            age.add_metric([task], float(since))
        if task == "backup" and since is not None:
            yield _one("bothways_backup_age_seconds", "Age of the last good backup.", since)
            yield _one("bothways_backup_bytes", "Size of the last good backup.", size)
    yield from (ok, age)


def _first_since(connection: psycopg.Connection[Any], since: object) -> int:
    """An id below which (all but) no delivery was made since then, found in some thirty short looks."""
    low, high = _row(connection, "SELECT min(id), max(id) FROM messaging_delivery", {})
    if low is None:
        return 0
    low, high = int(low), int(high) + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(
            "SELECT created_at >= %s FROM messaging_delivery WHERE id >= %s ORDER BY id LIMIT 1",
            [since, middle],
        ).fetchone()
        if found is None or found[0]:
            high = middle
        else:
            low = middle + 1
    return low


def _row(connection: psycopg.Connection[Any], question: str, values: dict[str, Any]) -> Any:
    return connection.execute(question.encode(), values).fetchone()


def _family(name: str, words: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _one(name: str, words: str, value: Any) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value or 0))
