"""Hosts that go in the middle of a send, and come back; and the primary that does not."""

import time
from typing import Any

from psycopg import sql

from bothways.commands.bench.lan.carriers import StandIn
from bothways.commands.bench.lan.centre import Centre, wait_until
from bothways.commands.bench.lan.postgres import Postgres
from bothways.commands.bench.lan.sends import (
    OPEN,
    Sent,
    Settled,
    send_to_all,
    settle,
    states,
    until_share,
)
from bothways.commands.words import say

AWAY = 90.0  # seconds until the killed host and the cable are back: longer than a claim may be old
PATIENCE = 900.0
TABLES = (
    "messaging_delivery",
    "messaging_recipient",
    "messaging_heldhome",
    "ledger_contactevent",
    "channels_rawevent",
    "people_contactpoint",
)


def host_faults(here: Centre, carrier: StandIn) -> dict[str, Any]:
    """One host killed and one cut off in the middle of a send; back after a while."""
    _, killed, cut = here.workers
    before = _sizes(here)
    sent = send_to_all(here)
    then = until_share(here, sent, 0.3)
    here.net.kill(killed)
    here.net.cut(cut)
    at = time.monotonic()
    say(f"  {killed.name} killed and {cut.name} cut off with {then['queued']:,} texts still queued")
    in_flight = states(here, sent)["claimed"]
    _, left = _until_empty_queue(here, sent)
    others_done = time.monotonic() - at
    time.sleep(max(0.0, AWAY - (time.monotonic() - at)))
    here.net.mend(cut)
    here.start_workers(killed)
    say(f"  both back after {time.monotonic() - at:.0f} s")
    settled = settle(here, sent, patience=PATIENCE)
    recovered = time.monotonic() - at
    reported = _receipts(here, sent)
    sizes = {
        table: round((size - before.get(table, 0)) / sent.deliveries)
        for table, size in _sizes(here).items()
        if size - before.get(table, 0) > sent.deliveries
    }
    return {
        **_judged(here, sent, settled, carrier),
        "claimed_when_it_happened": in_flight,
        "claimed_when_queue_was_empty": left,
        "queue_empty_after_seconds": round(others_done, 1),
        "settled_after_seconds": round(recovered, 1),
        "away_seconds": AWAY,
        "receipts_applied": reported,
        "bytes_per_delivery": sizes,
    }


def failover(here: Centre, carrier: StandIn) -> dict[str, Any]:
    """The replica beside the primary; then the primary killed in the middle of a send, the replica promoted."""
    caught_up = wait_until(lambda: _behind(here) == 0, 60, "The replica does not catch up.")
    # Reports of the last send may still be coming in: in a quiet moment both have the same.
    same = wait_until(lambda: _same_rows(here), 180, "The replica has other rows than the primary.")
    reach = here.bothways("reach")
    replica = here.first.secrets.app, here.second.host.address
    from_replica = here.bothways(
        "reach",
        env={
            "DATABASE_URL": f"postgresql://bothways:{replica[0]}@{replica[1]}/bothways",
            "BOTHWAYS_DIRECT_DATABASE_URL": "",
        },
    )
    sent = send_to_all(here)
    until_share(here, sent, 0.3)
    here.net.kill(here.first.host)
    at = time.monotonic()
    here.fail_over()
    promoted = time.monotonic() - at
    say(f"  primary killed; the replica takes writes after {promoted:.1f} s")
    queued = states(here, sent)["queued"]
    wait_until(
        lambda: states(here, sent)["queued"] < queued or not queued,
        300,
        "Nothing is sent any more after the failover.",
    )
    going = time.monotonic() - at
    settled = settle(here, sent, patience=PATIENCE)
    recovered = time.monotonic() - at
    _receipts(here, sent)
    return {
        "replica_caught_up_seconds": round(caught_up, 2),
        "replica_same_rows_seconds": round(same, 2),
        "replica_same_reach": reach == from_replica,
        "promoted_after_seconds": round(promoted, 1),
        "sending_again_after_seconds": round(going, 1),
        "settled_after_seconds": round(recovered, 1),
        **_judged(here, sent, settled, carrier),
    }


def _judged(here: Centre, sent: Sent, settled: Settled, carrier: StandIn) -> dict[str, Any]:
    arrived = sent.arrived(here, carrier)
    waiting = sum(settled.states.get(state, 0) for state in OPEN)
    return {
        "deliveries": sent.deliveries,
        # Without an outcome and waiting for nobody, or said to be out when the carrier never saw it.
        "lost": waiting + arrived.missing,
        "twice": arrived.twice,
        "for_a_person": settled.states.get("held", 0),
        "out_but_not_on_record": arrived.unrecorded,
        "states": settled.states,
    }


def _until_empty_queue(here: Centre, sent: Sent) -> tuple[float, int]:
    started = time.monotonic()
    while (now := states(here, sent))["queued"]:
        if time.monotonic() - started > PATIENCE:
            raise RuntimeError(f"The send does not move: {dict(now)}")
        time.sleep(0.2)
    return time.monotonic() - started, now["claimed"]


def _receipts(here: Centre, sent: Sent) -> int:
    """Wait until the carrier's reports have come and been applied; how many deliveries are delivered."""
    until = time.monotonic() + 120 + sent.deliveries / 50
    while True:
        now = states(here, sent)
        waiting = here.count("SELECT count(*) FROM channels_rawevent WHERE applied_at IS NULL")
        if (not now["accepted"] and not waiting) or time.monotonic() > until:
            return now["delivered"]
        time.sleep(1)


def _sizes(here: Centre) -> dict[str, int]:
    """Bytes of each table with its indexes."""
    rows = here.rows(
        "SELECT relname::text, pg_total_relation_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return dict(rows)


def _behind(here: Centre) -> int:
    """Bytes of the primary's log that the replica has not yet applied."""
    return here.count(
        "SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 1)::bigint"
        " FROM pg_stat_replication"
    )


def _same_rows(here: Centre) -> bool:
    return all(_rows(here.first, table) == _rows(here.second, table) for table in TABLES)


def _rows(server: Postgres, table: str) -> tuple[Any, ...] | None:
    """How many rows, and their numbers' sum: the same rows on both have the same."""
    question = sql.SQL("SELECT count(*), sum(id) FROM {}").format(sql.Identifier(table))
    with server.ask() as database:
        return database.execute(question).fetchone()
