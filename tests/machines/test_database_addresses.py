"""From the environment of a host to its ways to the database."""

from typing import Any

import pytest
from django.db.backends.postgresql.base import DatabaseWrapper

from bothways.config.database import databases, from_url, session_url

POOLED = "postgresql://bothways:secret@pool.example:6432/bothways"
DIRECT = (
    "postgresql://bothways:secret@db1.example,db2.example/bothways?target_session_attrs=read-write"
)


def parameters(settings: dict[str, Any]) -> dict[str, Any]:
    """What the driver is told in the end."""
    whole = {"TIME_ZONE": None, "CONN_MAX_AGE": 0, "AUTOCOMMIT": True, **settings}
    return DatabaseWrapper(whole, alias="default").get_connection_params()


def test_one_address_is_the_only_way_and_serves_everything() -> None:
    found = databases({"DATABASE_URL": DIRECT})
    assert list(found) == ["default"]
    assert "DISABLE_SERVER_SIDE_CURSORS" not in found["default"]
    assert session_url({"DATABASE_URL": DIRECT}) == DIRECT


def test_through_a_pooler_nothing_is_left_lying_on_a_connection() -> None:
    found = databases({"DATABASE_URL": POOLED, "BOTHWAYS_DIRECT_DATABASE_URL": DIRECT})
    assert found["default"]["HOST"] == "pool.example"
    assert found["default"]["PORT"] == "6432"
    assert found["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert parameters(found["default"])["prepare_threshold"] is None


def test_what_needs_a_session_goes_round_the_pooler() -> None:
    environ = {"DATABASE_URL": POOLED, "BOTHWAYS_DIRECT_DATABASE_URL": DIRECT}
    found = databases(environ)["direct"]
    assert found["HOST"] == "db1.example,db2.example"
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"
    assert session_url(environ) == DIRECT


def test_the_direct_way_never_comes_from_a_pool_of_connections() -> None:
    environ = {
        "DATABASE_URL": POOLED,
        "BOTHWAYS_DIRECT_DATABASE_URL": DIRECT,
        "BOTHWAYS_POOL": "1",
    }
    found = databases(environ)
    assert "pool" in found["default"]["OPTIONS"]
    assert "pool" not in found["direct"]["OPTIONS"]


def test_no_address_means_the_database_that_comes_along() -> None:
    assert session_url({}) is None
    assert session_url({"DATABASE_URL": ""}) is None


def test_a_server_that_falls_silent_is_given_up_within_half_a_minute() -> None:
    told = parameters(from_url(DIRECT, pool=False))
    idle, between, count = (
        int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count")
    )
    assert idle + between * count == 25
    assert int(told["tcp_user_timeout"]) == 25_000
    assert int(told["connect_timeout"]) == 10


@pytest.mark.parametrize("word", ["keepalives_idle=60", "connect_timeout=3", "sslmode=verify-full"])
def test_the_address_has_the_last_word(word: str) -> None:
    name, _, value = word.partition("=")
    assert parameters(from_url(f"{POOLED}?{word}", pool=False))[name] == value


@pytest.mark.parametrize(
    ("ways", "alias"), [(["default"], "default"), (["default", "direct"], "direct")]
)
def test_workers_listen_where_they_have_a_session(
    ways: list[str], alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.core import jobs

    monkeypatch.setattr(jobs, "connections", ways)
    monkeypatch.setattr(jobs, "connector_params", lambda alias: {"host": alias})
    connector: Any = jobs._worker_connector()
    assert connector._pool_args["kwargs"] == {"host": alias}
