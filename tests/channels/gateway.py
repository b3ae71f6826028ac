"""Kannel itself on this machine: bearerbox, smsbox, and the stand-in for the operator that comes with it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from bothways.channels.contract import Event, HookRequest, HookResponse, Settings
from bothways.channels.kannel.carrier import KannelCarrier

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/kannel/test"
PROGRAMS = {
    name: shutil.which(name, path=PLACES) or "" for name in ("bearerbox", "smsbox", "fakesmsc")
}
SECRET = "only-the-gateway-knows"
NUMBER = "+15125550100"
PATIENCE = 10.0

CONF = """
group = core
admin-port = {admin}
admin-password = admin
admin-interface = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
dlr-storage = internal
store-type = file
store-location = {folder}/store

group = smsc
smsc = fake
smsc-id = OPERATOR
port = {operator}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = school
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
accept-x-kannel-headers = false
assume-plain-text = true
send-sender = true
post-url = "http://kannel:{secret}@127.0.0.1:{hook}/hooks/kannel/in?id=%I"
"""


def eventually(found: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE:.0f} seconds"
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # the gateway calls as often at once as it has reports


@dataclass
class Gateway:
    """The gateway, the web server that it reports to, and the telephones behind it."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)  # that the gateway called
    answers: list[HookResponse] = field(default_factory=list)
    refuse: int = 0  # so many of its next calls get a 503
    password: str = "open sesame"

    def start(self) -> None:
        names = ("admin", "boxes", "operator", "sendsms")
        self._ports = dict(zip(names, _free_ports(len(names)), strict=True))
        self._hook = _Server(("127.0.0.1", 0), self._peer())
        threading.Thread(target=self._hook.serve_forever, daemon=True).start()
        conf = self.folder / "kannel.conf"
        conf.write_text(
            CONF.format(
                **self._ports,
                folder=self.folder,
                secret=SECRET,
                password=self.password,
                hook=self._hook.server_port,
            )
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self._phone: subprocess.Popen[bytes] | None = None
        self._run("bearerbox", str(conf))
        eventually(lambda: "Status" in self.status(), "the start of bearerbox")
        self._run("smsbox", str(conf))
        eventually(lambda: "smsbox" in self.status(), "the start of smsbox")

    def stop(self) -> None:
        self._hang_up()
        for process in reversed(self._processes):
            _end(process)
        self._hook.shutdown()
        self._hook.server_close()

    def carrier(self, **more: str) -> KannelCarrier:
        values = {
            "base_url": f"http://127.0.0.1:{self._ports['sendsms']}",
            "username": "school",
            "password": self.password,
            "from_number": NUMBER,
            "hook_secret": SECRET,
            **more,
        }
        return KannelCarrier(Settings(values), f"http://127.0.0.1:{self._hook.server_port}")

    def status(self) -> str:
        address = f"http://127.0.0.1:{self._ports['admin']}/status.txt?password=admin"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    # --- the telephones ----------------------------------------------------------------------

    def connect(self, *words: str) -> None:
        """Telephones are in reach; with words, one of them writes (fakesmsc's way of writing)."""
        self._hang_up()
        self._heard = self.folder / f"phone-{time.monotonic_ns()}.log"
        with self._heard.open("wb") as log:
            self._phone = subprocess.Popen(
                [
                    PROGRAMS["fakesmsc"],
                    *("-H", "127.0.0.1", "-r", str(self._ports["operator"])),
                    *("-i", "0.05", "-m", str(len(words)), *(words or ("nothing",))),
                ],
                stdout=log,
                stderr=log,
            )
        eventually(lambda: "(online" in self.status(), "the telephones' connection")

    def write(self, sender: str, words: str) -> None:
        """This number texts these words to the school."""
        data = quote_from_bytes(words.encode("utf-16-be"))
        self.connect(f"{sender} {NUMBER} ucs2 {data}")

    def write_long(self, sender: str, words: str) -> None:
        """The same in plain letters and in parts of 153, each with the header that joins them again."""
        parts = [words[at : at + 153] for at in range(0, len(words), 153)]
        for number, part in enumerate(parts, 1):
            header = quote_from_bytes(bytes((5, 0, 3, 77, len(parts), number)))
            self.connect(f"{sender} {NUMBER} udh-text {header} {part}")
            eventually(lambda: "sent message 1" in self._log(), "the sending of a part")

    def received(self, charset: str = "utf-8") -> list[str]:
        """The texts that the telephones have, those in parts joined as a telephone joins them."""
        texts: dict[str, bytes] = {}
        pattern = rb"Got message (\d+): <\S+ \S+ (?:udh (\S+) )?(\S+) (.*?)>\n"
        for number, header, kind, words in re.findall(pattern, self._heard.read_bytes(), re.DOTALL):
            bare = words if kind == b"text" else unquote_to_bytes(words.replace(b"+", b" "))
            joined = unquote_to_bytes(header)
            name = f"parts {joined[3]}" if joined else f"text {number.decode()}"
            texts[name] = texts.get(name, b"") + bare
        return [raw.decode(charset) for raw in texts.values()]

    def parts(self) -> int:
        return self._log().count("Got message")

    def _log(self) -> str:
        return self._heard.read_bytes().decode(errors="replace")

    # --- the parts that run ------------------------------------------------------------------

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAMS[name], "-v", "1", *arguments], stdout=log, stderr=log, cwd=self.folder
            )
        self._processes.append(process)

    def _hang_up(self) -> None:
        if self._phone is not None:
            _end(self._phone)
            self._phone = None
            eventually(lambda: "(online" not in self.status(), "the telephones' hanging up")

    def _peer(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Peer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gateway.addresses.append(self.path)
                answer = gateway._told(
                    HookRequest(
                        url=f"http://{self.headers['Host']}{self.path}",
                        method=self.command,
                        headers={name.lower(): value for name, value in self.headers.items()},
                        body=body,
                    )
                )
                self.send_response(answer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, *words: Any) -> None:
                pass

        return Peer

    def _told(self, request: HookRequest) -> HookResponse:
        if self.refuse:
            self.refuse -= 1
            return HookResponse(503)
        answer = self.carrier().handle(request)
        self.answers.append(answer)
        self.events.extend(answer.events)
        return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
