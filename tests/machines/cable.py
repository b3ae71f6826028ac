"""A cable between a host and the database that can be pulled: then nothing says goodbye to anybody."""

import socket
import threading
from contextlib import suppress
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


class Cable:
    """A TCP address on this machine that leads to the server of ``url``, its Unix socket too."""

    def __init__(self, url: str) -> None:
        self._parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        self._plugged = threading.Event()
        self._plugged.set()
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def url(self) -> str:
        """The same database, through this cable."""
        parts = self._parts
        password = quote(parts["password"], safe="")
        port = self._door.getsockname()[1]
        return f"postgresql://{parts['user']}:{password}@127.0.0.1:{port}/{parts['dbname']}"

    def pull(self) -> None:
        """From now on both sides hear nothing; what was on its way arrives when it is plugged in again."""
        self._plugged.clear()

    def plug(self) -> None:
        self._plugged.set()

    def close(self) -> None:
        self._plugged.set()
        for end in (self._door, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = self._server()
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _server(self) -> socket.socket:
        host, port = self._parts.get("host", ""), self._parts.get("port", "5432")
        if host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{host}/.s.PGSQL.{port}")
            return far
        return socket.create_connection((host or "127.0.0.1", int(port)))

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._plugged.wait()
                sink.sendall(data)
        self._plugged.wait()
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
