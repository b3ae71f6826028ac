"""Several hosts and one database: how fast with 1, 2 and 3 worker hosts, and what is lost when hosts go."""

import os
import signal
import sys
from typing import Any

import click

from bothways.commands.bench.frame import Result, json_option, peak_mb, size_option, tell
from bothways.commands.bench.lan.carriers import StandIn, stand_in
from bothways.commands.bench.lan.centre import Centre, centre
from bothways.commands.bench.lan.faults import failover, host_faults
from bothways.commands.bench.lan.network import NoNetwork
from bothways.commands.bench.lan.postgres import find_programs
from bothways.commands.bench.lan.sends import prepare, send_to_all, settle, switch_carrier
from bothways.commands.installation import Unusable
from bothways.commands.words import say

QUICK, SLOW = 20.0, 400.0  # milliseconds until the carrier answers


@click.command(short_help="Several hosts, one killed and one cut off, one database, a failover.")
@size_option("deliveries", 20_000, "how many texts each send holds")
@json_option
def machines(deliveries: int, as_json: bool) -> None:
    """Hosts as network namespaces: needs root, ``ip netns``, Debian's PostgreSQL and pgbouncer.

    Throughput with one, two and three worker hosts; a host killed and one cut off in the middle of a send; the
    replica beside the primary; the primary killed and the replica promoted.
    """
    programs = find_programs()
    if isinstance(programs, str):
        raise Unusable(programs)
    if os.geteuid() != 0:
        raise Unusable("Hosts of their own can only be made as root: call this with sudo.")
    # Being told to end must leave no namespaces behind, nor servers in them.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with centre(programs) as here:
            result = _measure(here, deliveries)
    except NoNetwork as error:
        raise Unusable(
            f"This machine does not let us make network namespaces ({error})."
            " In a container they need its --privileged."
        ) from error
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    finally:
        signal.signal(signal.SIGTERM, before)
    tell(result, as_json)


def _measure(here: Centre, deliveries: int) -> Result:
    quick = stand_in(here.net, here.carrier, here.base / "quick", port=8001, delay=QUICK)
    slow = stand_in(here.net, here.carrier, here.base / "slow", port=8002, delay=SLOW)
    live = stand_in(
        here.net, here.carrier, here.base / "live", port=8003, delay=QUICK, receipts=True
    )
    say("  A primary, its replica, a pooler, a carrier, a web host and three worker hosts.")
    prepare(here, deliveries, quick)
    here.start_web()
    rates: dict[str, dict[str, float]] = {"quick": {}, "slow": {}}
    costs: dict[str, dict[str, dict[str, float]]] = {"quick": {}, "slow": {}}
    for number, host in enumerate(here.workers, 1):
        here.start_workers(host)
        for name, carrier in (("quick", quick), ("slow", slow)):
            switch_carrier(here, carrier)
            rates[name][str(number)], spent = _rate(here, carrier)
            costs[name][str(number)] = spent
            say(f"  {number} worker hosts, {name} carrier: {rates[name][str(number)]:,.0f} texts/s")
    connections = _connections(here)
    peak = peak_mb(*(pid for host in here.workers for pid in here.net.pids(host)))
    switch_carrier(here, live)
    figures: dict[str, Any] = {
        "cores": os.cpu_count(),
        "deliveries": deliveries,
        "carrier_ms": {"quick": QUICK, "slow": SLOW},
        "rates": rates,
        "cpu_ms_per_text": costs["quick"],
        "ratio_slow_carrier": round(rates["slow"]["3"] / rates["slow"]["1"], 3),
        "connections": connections,
        "faults": host_faults(here, live),
        "failover": failover(here, live),
    }
    return Result(
        "machines",
        rate=rates["quick"]["3"],
        baseline_rate=rates["quick"]["1"],
        unit="texts/s",
        peak_mb=peak,
        figures=figures,
    )


def _rate(here: Centre, carrier: StandIn) -> tuple[float, dict[str, float]]:
    """Texts a second from the send to the last outcome in the database, every one of them once; and what
    each kind of host spent on a text, in milliseconds of processor time."""
    before = _spent(here)
    sent = send_to_all(here)
    settled = settle(here, sent, patience=600)
    after = _spent(here)
    arrived = sent.arrived(here, carrier)
    if settled.states != {"accepted": sent.deliveries} or arrived.missing or arrived.twice:
        raise click.ClickException(
            f"This run measured nothing: {settled.states}, {arrived.missing} missing,"
            f" {arrived.twice} twice."
        )
    costs = {
        name: round((after[name] - before[name]) * 1000 / sent.deliveries, 3) for name in after
    }
    return round(sent.deliveries / settled.seconds, 1), costs


def _spent(here: Centre) -> dict[str, float]:
    """Processor seconds so far, by kind of host."""
    cpu = here.net.cpu_seconds
    return {
        "primary": cpu(here.first.host),
        "replica": cpu(here.second.host),
        "pooler": cpu(here.pooler.host),
        "carrier": cpu(here.carrier),
        "workers": sum(cpu(host) for host in here.workers),
    }


def _connections(here: Centre) -> dict[str, int]:
    """Connections at the primary, by the host they come from."""
    names = {host.address: host.name for host in here.net.hosts}
    rows = here.rows(
        "SELECT host(client_addr), count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL"
        " AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1"
    )
    return {names.get(address, address): count for address, count in rows}
