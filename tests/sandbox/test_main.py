import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

COMMAND = [sys.executable, "-m", "bothways.sandbox"]


def begin(home: Path, *more: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    process = subprocess.Popen(
        [*COMMAND, "--home", str(home), *more], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, json.loads(process.stdout.readline())


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(tmp_path, name):
    process, ready = begin(tmp_path / "a home", "--account", "AC" + "1" * 32, "--token", "t")
    try:
        assert ready["account"] == "AC" + "1" * 32
        assert ready["now"] == "2021-09-13T08:00:00-05:00"
        call = Request(
            f"{ready['url']}/control/stats",
            headers={"X-Control-Token": str(ready["control_token"])},
        )
        assert json.load(urlopen(call, timeout=10))["pending"] == 0
    finally:
        process.send_signal(name)
    assert process.wait(10) == 0


def test_two_sandboxes_do_not_share_a_folder(tmp_path):
    process, _ = begin(tmp_path)
    try:
        second = subprocess.run(
            [*COMMAND, "--home", str(tmp_path)], capture_output=True, text=True, timeout=30
        )
    finally:
        process.terminate()
    assert process.wait(10) == 0
    assert second.returncode == 2
    assert second.stderr == f"Another sandbox already uses the folder {tmp_path}.\n"


def test_it_ends_with_its_parent(tmp_path):
    script = (
        "import subprocess, sys, os, time\n"
        f"p = subprocess.Popen([*{COMMAND!r}, '--home', {str(tmp_path)!r}, "
        "'--parent', str(os.getpid())], stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(p.stdout.readline()); sys.stdout.flush(); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = json.loads(parent.stdout.readline())["pid"]
    os.kill(pid, 0)
    parent.kill()
    parent.wait(10)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            break
        time.sleep(0.1)
    else:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the sandbox outlived its parent")


def test_running_time_fires_by_itself(tmp_path):
    process, ready = begin(tmp_path, "--real-time", "--speed", "100000")
    try:
        letter = {
            "key": "k1",
            "channel": "letter",
            "to": "12 Dune Road",
            "purpose": "routine",
            "body": "Hello",
            "code": "C1",
            "reply_url": "",
            "page": 1,
            "pages": 1,
        }
        (tmp_path / "tray" / "b.pdf").write_bytes(b"%PDF-")
        (tmp_path / "tray" / "b.json").write_text(json.dumps({"letters": [letter]}))
        events = tmp_path / "events.jsonl"
        for _ in range(400):
            if events.read_text():
                break
            time.sleep(0.1)
        assert json.loads(events.read_text().splitlines()[0])["ref"] == "k1"
        call = Request(
            f"{ready['url']}/control/advance",
            data=b'{"to": "2030-01-01T00:00:00Z"}',
            headers={"X-Control-Token": str(ready["control_token"])},
        )
        with pytest.raises(OSError, match="409"):
            urlopen(call, timeout=10)
    finally:
        process.terminate()
    assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--town", "/nowhere/town.json"], "The town file /nowhere/town.json cannot be read"),
        (["--now", "soon"], "--now must be a moment"),
        (["--latency", "-1"], "--latency cannot be below 0"),
        (["--host", "203.0.113.1"], "The sandbox cannot start"),
    ],
)
def test_a_call_that_cannot_be_used_ends_with_status_2(tmp_path, more, words):
    done = subprocess.run(
        [*COMMAND, "--home", str(tmp_path), *more], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)
    assert "Traceback" not in done.stderr
