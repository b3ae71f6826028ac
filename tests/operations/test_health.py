"""Who watches the machine learns whether it works, and nothing about anybody."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from bothways.channels.models import RawEvent
from bothways.core import clock
from bothways.messaging.models import Delivery
from bothways.schools.models import District, School
from bothways.upkeep.models import Run
from bothways.web import health, metrics, watch
from messaging.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = {"HTTP_AUTHORIZATION": "Bearer a long word"}


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BOTHWAYS_METRICS_TOKEN", "a long word")
    health.forget()
    metrics.FIGURES.forget()
    yield
    health.forget()
    metrics.FIGURES.forget()


def beat(seconds_ago: float = 0) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)",
            [str(timedelta(seconds=seconds_ago))],
        )


@pytest.fixture
def no_workers() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")


def ask(path: str = "/healthz", **headers: str) -> tuple[int, Any]:
    answer = Client().get(path, **headers)  # type: ignore[arg-type]
    return answer.status_code, answer.content


def test_all_is_well_when_database_structure_and_workers_are(no_workers: None) -> None:
    beat()
    beat(5)
    beat(61)
    status, body = ask()
    assert (status, json.loads(body)) == (
        200,
        {"ok": True, "database": True, "migrations": True, "workers": 2},
    )


def test_workers_that_fell_silent_are_told() -> None:
    beat(61)
    status, body = ask()
    assert (status, json.loads(body)["workers"]) == (503, 0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")


def test_a_structure_that_is_behind_the_program_is_told(
    no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat()
    more = health.wanted_migrations() | {"people.9999_not_applied"}
    monkeypatch.setattr(health, "wanted_migrations", lambda: more)
    status, body = ask()
    found = json.loads(body)
    assert (status, found["migrations"], found["workers"]) == (503, False, 1)


def test_a_database_that_is_away_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"host": "/nowhere", "dbname": "no", "connect_timeout": 3}
    monkeypatch.setattr(health, "connection_parts", lambda: parts)
    status, body = ask()
    assert (status, json.loads(body)) == (
        503,
        {"ok": False, "database": False, "migrations": False, "workers": 0},
    )
    assert ask("/livez") == (200, b'{"ok": true}')


def test_it_is_asked_by_any_name_of_the_machine_and_keeps_no_session(no_workers: None) -> None:
    beat()
    answer = Client().get("/healthz", HTTP_HOST="10.4.0.7:8000")
    assert (answer.status_code, answer.cookies, answer["Cache-Control"]) == (200, {}, "no-store")
    assert Client().post("/healthz").status_code == 405
    assert Client().get("/livez", HTTP_HOST="anything").status_code == 200


def test_however_often_it_is_asked_the_database_is_asked_once_in_two_seconds(
    no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat()
    asked = []
    real = health._answer

    def counted() -> tuple[int, list[str] | None]:
        asked.append(1)
        return real()

    monkeypatch.setattr(health, "_answer", counted)
    assert [ask()[0] for _ in range(5)] == [200] * 5
    assert len(asked) == 1


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer a long wor", "Basic a long word", "a long word", "Bearer é"],
)
def test_without_the_token_there_are_no_metrics(header: str) -> None:
    status, body = ask("/metrics", **({"HTTP_AUTHORIZATION": header} if header else {}))
    assert (status, body) == (404, b"")


def test_where_no_token_is_set_nobody_gets_in_and_the_homes_own_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOTHWAYS_METRICS_TOKEN")
    for header in ("Bearer ", "Bearer None", "Bearer"):
        assert ask("/metrics", HTTP_AUTHORIZATION=header)[0] == 404
    from bothways.core.home import secret

    word = secret(tmp_path / "home", metrics.SECRET)
    assert ask("/metrics", HTTP_AUTHORIZATION=f"Bearer {word}")[0] == 200
    (tmp_path / "home" / "secrets" / metrics.SECRET).write_text("")
    assert ask("/metrics", HTTP_AUTHORIZATION="Bearer ")[0] == 404


def figures() -> dict[tuple[str, tuple[str, ...]], float]:
    status, body = ask("/metrics", **TOKEN)
    assert status == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


@pytest.fixture
def town(at: Path) -> World:
    district = District.objects.create(sis_id="d", name="Grand Bend")
    school = School.objects.create(district=district, sis_id="s", name="Grand Bend Elementary")
    world = World(district, school)
    for number in range(4):
        guardian = world.guardian(f"Ruth {number}", mobile=f"+1312555010{number}")
        world.home(world.student(f"Emily {number}"), guardians=[guardian])
    world.write()
    return world


def test_figures_say_what_waits_what_is_stuck_and_how_old_it_is(town: World) -> None:
    now = clock.now()
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    assert len(ids) == 4
    Delivery.objects.filter(pk=ids[0]).update(state="held")
    Delivery.objects.filter(pk=ids[1]).update(state="delivered")
    Delivery.objects.filter(pk=ids[2]).update(not_before=now - timedelta(minutes=5), lane=0)
    Delivery.objects.filter(pk=ids[3]).update(not_before=now + timedelta(hours=1), lane=2)
    RawEvent.objects.create(
        carrier="twilio",
        kind="receipt",
        dedupe="1",
        event={},
        received_at=now - timedelta(seconds=9),
    )
    Run.objects.create(
        task="backup",
        began_at=now,
        ended_at=datetime.now(UTC) - timedelta(hours=3),
        ok=True,
        bytes=77,
    )
    found = figures()
    for name, labels, value in (
        ("bothways_database_up", (), 1),
        ("bothways_queue_deliveries", ("0",), 1),
        ("bothways_queue_deliveries", ("1",), 0),
        ("bothways_queue_deliveries", ("2",), 1),
        ("bothways_queue_oldest_due_seconds", ("0",), 300),
        ("bothways_queue_oldest_due_seconds", ("2",), 0),
        ("bothways_deliveries_held", (), 1),
        ("bothways_deliveries_day", ("text", "held"), 1),
        ("bothways_deliveries_day", ("text", "delivered"), 1),
        ("bothways_deliveries_day", ("text", "queued"), 2),
        ("bothways_raw_events_waiting", (), 1),
        ("bothways_raw_events_oldest_seconds", (), 9),
        ("bothways_workers", (), 0),
        ("bothways_backup_bytes", (), 77),
        ("bothways_night_ok", ("backup",), 1),
    ):
        assert (name, labels, found[name, labels]) == (name, labels, value)
    assert 10_790 < found["bothways_backup_age_seconds", ()] < 10_900


@pytest.mark.parametrize("made", [0, 1, 2, 3, 4])
def test_the_first_delivery_of_a_day_is_found_wherever_it_is(town: World, made: int) -> None:
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    old = clock.now() - timedelta(hours=25)
    Delivery.objects.filter(pk__in=ids[: 4 - made]).update(created_at=old)
    Delivery.objects.filter(pk=-1).delete()
    found = figures()
    assert found.get(("bothways_deliveries_day", ("text", "queued")), 0) == made


def test_nothing_in_the_figures_is_anybodys(town: World) -> None:
    Client().get("/r/K7QF2M9TXW4A/")
    Client().get("/families/Emily/")
    Client().get("/", headers={"User-Agent": "Emily"})
    _, body = ask("/metrics", **TOKEN)
    text = body.decode()
    assert [w for w in ("Emily", "Ruth", "312555", "K7QF", "Grand Bend") if w in text] == []
    assert 'route="family-message"' in text
    assert 'route="none"' in text


def test_a_database_that_is_away_is_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"host": "/nowhere", "dbname": "no", "connect_timeout": 3}
    monkeypatch.setattr(metrics, "connection_parts", lambda: parts)
    assert figures()["bothways_database_up", ()] == 0


def test_a_slow_database_is_asked_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    moments = iter([100.0, 100.0, 104.0, 104.0, 303.0, 305.0, 305.0, 305.0, 305.0])

    def none() -> Iterator[Metric]:
        asked.append(1)
        return iter(())

    monkeypatch.setattr(metrics, "_figures", none)
    monkeypatch.setattr("bothways.web.metrics.time.monotonic", lambda: next(moments))
    one = metrics.Figures()
    one.collect()  # took four seconds: not again for 200
    one.collect()
    assert len(asked) == 1
    one.collect()
    assert len(asked) == 2


def test_no_question_reads_all_deliveries(town: World) -> None:
    """At millions of rows only an index will do: the planner is asked with scans made dear."""
    values = {"now": clock.now(), "since": clock.now(), "first": 10**9}
    parts = health.connection_parts()
    with psycopg.connect(**parts) as asked:
        asked.execute("SET enable_seqscan = off")
        for question in (metrics._QUEUE, metrics._DAY, metrics._RAW):
            rows = asked.execute(f"EXPLAIN {question}".encode(), values).fetchall()
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan
            assert "Index" in plan, plan


COUNT = """
import os, sys
os.environ.setdefault("BOTHWAYS_SECRET_KEY", "x")
os.environ["DJANGO_SETTINGS_MODULE"] = "bothways.config.settings"
import django; django.setup()
from bothways.web import metrics
for _ in range(int(sys.argv[1])):
    metrics.observe("reach", "GET", 200, 0.02)
if sys.argv[1] == "0":
    from prometheus_client import CollectorRegistry, generate_latest, multiprocess
    registry = CollectorRegistry(); multiprocess.MultiProcessCollector(registry)
    print(generate_latest(registry).decode())
"""


def test_requests_of_all_web_processes_are_counted_together(tmp_path: Path) -> None:
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for many in ("2", "3", "0"):
        done = subprocess.run(
            [sys.executable, "-c", COUNT, many], env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert 'bothways_web_requests_total{method="GET",route="reach",status="200"} 5.0' in done.stdout


def test_a_request_line_names_the_page_and_not_its_address(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTHWAYS_ACCESS_LOG", "1")
    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.urls import resolve

    request = RequestFactory().get("/r/K7QF2M9TXW4A/?lang=es")
    request.resolver_match = resolve("/r/K7QF2M9TXW4A/")
    with caplog.at_level("INFO", "bothways.web.requests"):
        watch.WatchMiddleware(lambda _: HttpResponse(status=404))(request)
    (record,) = caplog.records
    fields = record.__dict__["fields"]
    assert (fields.pop("ms") >= 0, fields) == (
        True,
        {"route": "family-message", "method": "get", "status": 404},
    )
