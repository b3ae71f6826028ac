"""One send, one fault in the middle of it, and what came of both."""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from bothways.commands.bench.faults.deeds import Fault
from bothways.commands.bench.faults.judge import OUT, UNSETTLED, Verdict, judge
from bothways.commands.bench.faults.office import doctor
from bothways.commands.bench.faults.stand import Send, Stand
from bothways.commands.bench.frame import peak_mb

# Sends that may run side by side: two in the worker, one in the urgent worker.
SENDERS = 3
MIDDLE = 0.25  # of the deliveries are out when a fault strikes


@dataclass(frozen=True, slots=True)
class Told:
    """What one fault did. Seconds are real ones."""

    name: str
    says: str
    verdict: Verdict
    claimed: int  # the most between claim and answer
    in_flight: int  # of these, the most that can have been on their way to the carrier
    seconds_total: float  # from the send call to the last delivery settled
    seconds_to_recover: float  # from the end of the fault
    ended: bool  # the installation itself gave up
    office: dict[str, Any]
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.verdict.deliveries / self.seconds_total

    def as_json(self) -> dict[str, Any]:
        v = self.verdict
        found = {
            "name": self.name,
            "what": self.says,
            "deliveries": v.deliveries,
            "lost": v.lost,
            "twice": v.twice,
            "in_flight": self.in_flight,
            "claimed": self.claimed,
            "held": v.held,
            "undelivered": v.undelivered,
            "seconds_to_recover": round(self.seconds_to_recover, 1),
            "seconds_total": round(self.seconds_total, 1),
            "office": self.office,
        }
        return (
            found
            | ({"lost_why": dict(v.why)} if v.why else {})
            | ({"ended": True} if self.ended else {})
        )


class _Claimed(threading.Thread):
    """The most deliveries that were between claim and answer while this ran."""

    def __init__(self, here: Stand, send: Send) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._here, self._send, self._over = here, send, threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(self._here.url, autocommit=True, connect_timeout=5) as reader:
                    while not self._over.wait(0.05):
                        row = reader.execute(
                            "SELECT count(*) FROM messaging_delivery "
                            "WHERE state = 'claimed' AND message_id = ANY(%s)",
                            [self._send.messages],
                        ).fetchone()
                        self.most = max(self.most, row[0] if row else 0)
            except psycopg.Error:
                self._over.wait(0.2)

    def stop(self) -> int:
        self._over.set()
        self.join()
        return self.most


def run(here: Stand, fault: Fault | None) -> Told:
    """Send to all homes, let the fault happen, wait until every delivery is settled or patience ends."""
    office: dict[str, Any] = {}
    with ExitStack() as happening:
        if fault and fault.first:
            happening.enter_context(fault.happen(here))
        send = here.send()
        watched = _Claimed(here, send)
        watched.start()
        _middle(here, send)
        if fault and not fault.first:
            happening.enter_context(fault.happen(here))
        struck = time.monotonic()
        office["during"] = here.office.look(send.messages)
        if fault and fault.doctor and here.pace.doctor:
            office["doctor"] = doctor(here.program, here.env)
    over = struck if fault and fault.instant else time.monotonic()
    claimed = watched.stop()
    verdict, settled = _settled(here, send)
    office["after"] = here.office.look(send.messages)
    return Told(
        name=fault.name if fault else "none",
        says=fault.says if fault else "nothing happens",
        verdict=verdict,
        claimed=claimed,
        in_flight=min(claimed, (SENDERS + (fault.senders if fault else 0)) * here.pace.at_once),
        seconds_total=settled - send.began,
        seconds_to_recover=max(0.0, settled - over) if fault else 0.0,
        ended=here.up.poll() is not None,
        office=office,
        peak_mb=peak_mb(*here.processes()),
    )


def _middle(here: Stand, send: Send) -> None:
    """Until a share of it is out and more is on its way."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        counts = here.counts(send)
        out = sum(counts.get(state, 0) for state in OUT)
        if out >= send.deliveries * MIDDLE and (counts.get("claimed") or not counts.get("queued")):
            return
        time.sleep(0.02)


def _settled(here: Stand, send: Send) -> tuple[Verdict, float]:
    """The verdict, and when (monotonic) the last delivery was settled."""
    end = time.monotonic() + here.pace.patience
    while True:
        now = time.monotonic()
        late = now > end or here.up.poll() is not None
        try:
            open_ = any(here.counts(send).get(state) for state in UNSETTLED)
            if not open_ or late:
                verdict = judge(here.states(send), here.contacts())
                if late or not verdict.lost:
                    return verdict, now
        except psycopg.Error:
            if late:
                raise
        time.sleep(0.2)
