"""The system user the server runs as, and how a program gets to run as that user.

PostgreSQL refuses to run as root. A normal user simply runs it. Root runs it as ``nobody`` (or as
the owner of the home), and then there is a second difficulty: everything lies under BOTHWAYS_HOME,
which is 0700 and may lie in /root, where ``nobody`` cannot even pass through; the programs may lie
there too. Permissions of folders are never loosened for that. These ways are tried, least power
first:

1. Just switch the user: enough where the user reaches both data and programs.
2. ``setpriv`` leaves the one capability ``dac_read_search``: pass through and read, but write
   nothing that is not one's own. Everything the server writes is its own, so this is enough.
3. The same with ``dac_override``, because Docker's default set has only that one.

User namespaces (seem to be a normal user, be root outside) were left out: where they are allowed
the server would *be* root for every file, containers mostly forbid them, and then they help nobody.
What works is found by trying, not by reading permission bits: access lists and containers lie.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bothways.core.pg import binaries
from bothways.core.pg.errors import PgError

_CAPABILITIES = ("dac_read_search", "dac_override")
# $0 is the program, the arguments are folders: all must be passable for the user, and the program
# runnable.
_REACH = 'for place; do cd "$place" || exit 1; done; exec "$0"'


@dataclass(frozen=True)
class Account:
    """A user (``uid``, ``gid``); become by ``switch``, or by ``prefix`` before a command."""

    uid: int
    gid: int
    switch: bool = False
    prefix: tuple[str, ...] = ()

    def popen(self, command: Sequence[str], **how: Any) -> "subprocess.Popen[bytes]":
        """Start a command as this user, in ``/`` and with a bare environment."""
        if self.switch:
            how |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.Popen(  # noqa: S603 our own programs
            [*self.prefix, *command], cwd="/", env=binaries.environment(), close_fds=True, **how
        )

    def reaches(self, program: str, folders: Sequence[Path]) -> bool:
        """Whether this way leads to the program and into all the folders."""
        try:
            trial = self.popen(
                ["/bin/sh", "-c", _REACH, program, *map(str, folders)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            return trial.wait(timeout=20) == 0
        except (OSError, subprocess.SubprocessError):
            return False


def owner_for(home: Path, data: Path) -> tuple[int, int]:
    """Who (uid, gid) the data belongs to: as it is now, else the home's owner, else ``nobody``."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise PgError(
                f"The database in {data} belongs to another user ({_name(data.stat().st_uid)})."
                " Run Bothways as the user who set it up."
            )
        return os.geteuid(), os.getegid()
    for place in (data, home):
        if place.exists() and place.stat().st_uid != 0:
            return place.stat().st_uid, place.stat().st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def choose(owner: tuple[int, int], folders: Sequence[Path]) -> Account:
    """The least powerful way for ``owner`` to run the server in ``folders``; or PgError."""
    uid, gid = owner
    if os.geteuid() != 0:
        return Account(uid, gid)
    # This one, like the server, looks for its own path first and so trips where that is closed.
    program = binaries.program("pg_config")
    for way in (Account(uid, gid, switch=True), *_with_capability(uid, gid)):
        if way.reaches(program, folders):
            return way
    raise PgError(
        f"The database may not run as root, and the user {_name(uid)} cannot be given a way to"
        f" {folders[0]}. Start Bothways as an ordinary user, or set BOTHWAYS_HOME to a folder like"
        " /var/lib/bothways and install the program outside /root."
    )


def _with_capability(uid: int, gid: int) -> list[Account]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    become = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs")
    # Without this bit access() forgets the capability, and the server asks that about its programs.
    # Nothing more is kept: what is not ambient goes at the next exec.
    honest = "--securebits=+no_setuid_fixup"
    return [
        Account(
            uid, gid, prefix=(*become, honest, f"--inh-caps=-all,+{cap}", f"--ambient-caps=+{cap}")
        )
        for cap in _CAPABILITIES
    ]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"
