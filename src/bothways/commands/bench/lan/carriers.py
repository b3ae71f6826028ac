"""The stand-in carrier on a host of its own, and what it saw: the judge."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bothways.commands.bench.lan.network import Host, Lan
from bothways.commands.bench.lan.processes import Process

ACCOUNT, TOKEN = "ACbench", "bench"  # as ``town.texts_go_to`` says
# Everybody's phone works, and nobody answers: whatever is missing in the end was lost by us.
TOWN = {
    "timezone": "America/Chicago",
    "kinds": {"mobile": {"text": {"delivered": 1.0}}},
    "phone_kind": {"sms": {"mobile": 1.0}, "phone": {"mobile": 1.0}},
    "after_arrival": {"sees": 0.0, "answers": 0.0},
}


@dataclass(slots=True)
class StandIn:
    """One sandbox; ``home`` holds its ``contacts.jsonl``."""

    home: Path
    url: str
    process: Process

    def arrived(self) -> Counter[str]:
        """How often each delivery's text came here, by the delivery's key."""
        path = self.home / "contacts.jsonl"
        if not path.exists():
            return Counter()
        with path.open(encoding="utf-8") as lines:
            return Counter(str(json.loads(line)["ref"]) for line in lines if line.endswith("\n"))


def stand_in(
    lan: Lan, host: Host, place: Path, *, port: int, delay: float, receipts: bool = False
) -> StandIn:
    """A carrier that answers after ``delay`` milliseconds, and reports what became of texts or does not."""
    place.mkdir()
    town = place / "town.json"
    town.write_text(json.dumps(TOWN), "utf-8")
    command = [
        *(sys.executable, "-m", "bothways.sandbox", "--home", str(place), "--town", str(town)),
        *("--host", host.address, "--port", str(port), "--latency", str(delay)),
        *("--account", ACCOUNT, "--token", TOKEN),
        *(("--real-time", "--speed", "1") if receipts else ()),
    ]
    process = lan.start(host, command, place.parent / f"{place.name}.log", {})
    # Its first line of output, the one that says it is ready, goes to its log with everything else.
    until = time.monotonic() + 30
    while '"ready": true' not in process.last_words():
        if time.monotonic() > until or not process.alive():
            raise RuntimeError(f"The carrier did not start:\n{process.last_words()}")
        time.sleep(0.05)
    return StandIn(place, f"http://{host.address}:{port}", process)
