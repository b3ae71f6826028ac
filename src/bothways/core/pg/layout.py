"""Where the parts of one embedded database lie."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bothways.core import home as homes
from bothways.core.pg.errors import PgError

SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 103  # bytes; Linux takes 107, macOS 103


@dataclass(frozen=True)
class Layout:
    """The paths of the database of one home."""

    home: Path
    folder: Path  # ours
    data: Path  # the server's
    socket_dir: Path  # the server's
    log: Path

    @property
    def holders(self) -> Path:
        """Locked shared by every process that uses the database; alone by who stops it."""
        return self.folder / "holders.lock"

    @property
    def starting(self) -> Path:
        """Locked alone while the database is made and started."""
        return self.folder / "starting.lock"

    @property
    def keeper(self) -> Path:
        """Locked alone by the keeper as long as it lives."""
        return self.folder / "keeper.lock"

    @property
    def kept(self) -> Path:
        """Exists while the database is to outlive its last holder."""
        return self.folder / "kept"


def layout(home: Path) -> Layout:
    """The layout for this home, which is made if it is missing."""
    home = homes.ensure(home)
    folder = homes.database_folder(home)
    return Layout(
        home=home,
        folder=folder,
        data=folder / "data",
        socket_dir=socket_dir(home),
        log=homes.logs_folder(home) / "database.log",
    )


def socket_dir(home: Path) -> Path:
    """Where the socket goes: in the home, or in the temp folder if that path is unfit for one.

    Unfit is a long one, and one with a comma, which parts two servers in an address.

    The name in the temp folder follows from the home and its owner, so all processes agree on it.
    """
    inside = home / "run"
    if len(os.fsencode(inside / SOCKET)) <= _LONGEST_SOCKET and "," not in str(inside):
        return inside
    # Not TMPDIR: it differs from process to process, and may be long itself.
    temp = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return temp.resolve() / f"bothways-{home.stat().st_uid}-{digest}" / "s"


def make_socket_dir(place: Layout, uid: int, gid: int) -> None:
    """Make the socket's folder (0700, the server's own), or check that the one there is safe."""
    if place.socket_dir.parent != place.home:
        outer = place.socket_dir.parent
        # Anybody may put a folder or a link of that name into the temp folder before us.
        homes_owner = place.home.stat().st_uid
        try:
            outer.mkdir(mode=0o700)
            homes.give(outer, place.home)
        except FileExistsError:
            _require_own(outer, {homes_owner, os.geteuid()})
        if uid != homes_owner:
            outer.chmod(0o711)
    with suppress(FileExistsError):
        place.socket_dir.mkdir(mode=0o700)
    if os.geteuid() == 0:  # also after a copy, when it came back as root's
        os.chown(place.socket_dir, uid, gid, follow_symlinks=False)
    _require_own(place.socket_dir, {uid})
    place.socket_dir.chmod(0o700)


def _require_own(path: Path, owners: set[int]) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o022:
        raise PgError(
            f"{path} was not made by Bothways, so it is not safe to use."
            " Have an administrator remove it."
        )
