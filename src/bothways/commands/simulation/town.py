"""The sandbox as the driver of a simulation sees it: a process and its control calls."""

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bothways.commands.installation import Unusable

TIMEOUT = 300.0  # seconds: one step may fire thousands of callbacks


@dataclass(frozen=True, slots=True)
class Town:
    """A running sandbox."""

    process: subprocess.Popen[str]
    url: str
    smtp_host: str
    smtp_port: int
    account: str
    token: str
    control_token: str

    def call(self, path: str, body: Any = None) -> Any:
        """One control call; GET without a body."""
        request = urllib.request.Request(  # noqa: S310 - our own sandbox on this machine
            f"{self.url}/control/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Control-Token": self.control_token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return json.load(answer)

    def advance(self, to: datetime) -> datetime | None:
        """Let everything happen that is due by then; when the next thing is due."""
        due = self.call("advance", {"to": to.isoformat()})["next_due"]
        return datetime.fromisoformat(due) if due else None

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def open_town(
    *, home: Path, tray: Path, town: Path | None, webhook: str, now: datetime, log: Path
) -> Town:
    """Start the sandbox at this simulated moment and wait until it is ready."""
    import os

    command = [sys.executable, "-m", "bothways.sandbox", "--home", str(home), "--tray", str(tray)]
    command += ["--webhook", webhook, "--now", now.isoformat(), "--parent", str(os.getpid())]
    if town is not None:
        command += ["--town", str(town)]
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        if process.wait() == 2:  # it says why in its last line
            raise Unusable(log.read_text("utf-8", "replace").rstrip().rpartition("\n")[2])
        raise RuntimeError(f"The sandbox did not start; {log} says why.")
    ready = json.loads(line)
    return Town(
        process=process,
        url=ready["url"].rstrip("/"),
        smtp_host=ready["smtp_host"],
        smtp_port=ready["smtp_port"],
        account=ready["account"],
        token=ready["token"],
        control_token=ready["control_token"],
    )
