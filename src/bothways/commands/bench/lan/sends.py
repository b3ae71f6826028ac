"""A message to everybody in the centre, and what became of it: by the database and by the carrier."""

import sys
import time
from collections import Counter
from dataclasses import dataclass

import psycopg

from bothways.commands.bench.lan.carriers import StandIn
from bothways.commands.bench.lan.centre import BOTHWAYS, Centre

OPEN = ("queued", "claimed")


@dataclass(frozen=True, slots=True)
class Arrived:
    """Against the carrier's own record: deliveries said to be out that it never saw, and those it saw twice."""

    missing: int
    twice: int
    unrecorded: int  # it has them, and our record does not say so


@dataclass(frozen=True, slots=True)
class Sent:
    """``started`` is on the monotonic clock: the send itself, after its program had started."""

    message: int
    deliveries: int
    started: float

    def arrived(self, here: Centre, carrier: StandIn) -> Arrived:
        saw = carrier.arrived()
        rows = here.rows(
            "SELECT key, state FROM messaging_delivery WHERE message_id = %s", self.message
        )
        said = {key for key, state in rows if state in ("accepted", "delivered")}
        keys = {key for key, _ in rows}
        return Arrived(
            missing=sum(1 for key in said if not saw[key]),
            twice=sum(saw[key] - 1 for key in keys if saw[key] > 1),
            unrecorded=sum(1 for key in keys - said if saw[key]),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """When nothing waited any more, in seconds from the send; deliveries by state then."""

    seconds: float
    states: dict[str, int]


def prepare(here: Centre, guardians: int, carrier: StandIn) -> None:
    """Tables, families, and where texts go to."""
    here.run(
        *(sys.executable, "-m", "bothways.commands.bench.lan.district"),
        *(str(guardians), carrier.url),
    )


def switch_carrier(here: Centre, carrier: StandIn) -> None:
    """As an administrator does it; workers know it with their next batch."""
    here.run(*BOTHWAYS, "carrier", "twilio", "--set", f"base_url={carrier.url}")


def send_to_all(here: Centre) -> Sent:
    told = here.bothways(
        *("send", "--audience", "all", "--purpose", "routine"),
        *("--text", "en=School closes at noon on Friday. Please tell us that you saw this."),
        *("--text", "es=La escuela cierra el viernes a mediodía. Díganos que lo vio, por favor."),
    )
    started = time.monotonic() - float(told["seconds"])
    return Sent(told["message"], sum(told["deliveries"].values()), started)


def states(here: Centre, sent: Sent) -> Counter[str]:
    """Deliveries by state; raises psycopg.OperationalError while the database is away."""
    rows = here.rows(
        "SELECT state, count(*) FROM messaging_delivery WHERE message_id = %s GROUP BY state",
        sent.message,
    )
    return Counter(dict(rows))


def settle(here: Centre, sent: Sent, *, patience: float) -> Settled:
    """Wait until every delivery has an outcome or a person's decision to wait for."""
    until = time.monotonic() + patience
    while True:
        try:
            now = states(here, sent)
            if not any(now[state] for state in OPEN) or time.monotonic() > until:
                return Settled(time.monotonic() - sent.started, dict(now))
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def until_share(here: Centre, sent: Sent, share: float, *, patience: float = 300) -> Counter[str]:
    """Wait until so large a part has left the queue; the states at that moment."""
    until = time.monotonic() + patience
    while True:
        now = states(here, sent)
        if now["queued"] <= sent.deliveries * (1 - share):
            return now
        if time.monotonic() > until:
            raise RuntimeError(f"The send does not move: {dict(now)}")
        time.sleep(0.05)
