"""Where an installation lives: one folder that holds everything it keeps.

``BOTHWAYS_HOME`` names it; without that it is the platform's user data folder, for root too.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class HomeError(Exception):
    """The installation's folder cannot be used; the words say what to do."""


def bothways_home() -> Path:
    """The folder of this installation, without symbolic links; it need not exist yet."""
    named = os.environ.get("BOTHWAYS_HOME", "").strip()
    if named:
        return Path(named).expanduser().resolve()
    return platformdirs.user_data_path("bothways", appauthor=False).resolve()


def ensure(home: Path) -> Path:
    """Create the folder for us alone (0700) where it is missing, and see that we can write there.

    A folder that exists keeps its permissions. Raises HomeError.
    """
    home = home.expanduser().resolve()
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise HomeError(
            f"Bothways cannot keep its data in {home} ({error.strerror}). Run it as the user who"
            " owns that folder, or set BOTHWAYS_HOME to a folder of yours."
        ) from error
    return home


def give(path: Path, home: Path) -> None:
    """Hand what root made inside another user's home to that user.

    Otherwise one ``sudo bothways doctor`` would lock the owner out of their own installation.
    """
    if os.geteuid() == 0:
        owner = home.stat()
        if owner.st_uid != 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def folder(home: Path, name: str) -> Path:
    """A folder inside the home, made for us alone where it is missing."""
    path = ensure(home) / name
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return path
    give(path, home)
    return path


def database_folder(home: Path) -> Path:
    """The embedded database and its locks."""
    return folder(home, "database")


def secrets_folder(home: Path) -> Path:
    """Passwords and keys, one a file."""
    return folder(home, "secrets")


def sandbox_folder(home: Path) -> Path:
    """What the stand-in carriers write, ``contacts.jsonl`` among it."""
    return folder(home, "sandbox")


def letters_folder(home: Path) -> Path:
    """Print batches."""
    return folder(home, "letters")


def rosters_folder(home: Path) -> Path:
    """Where student information systems lay down their nightly exports, a folder for each district."""
    return folder(home, "rosters")


def logs_folder(home: Path) -> Path:
    """Logs, without personal data."""
    return folder(home, "logs")


def backups_folder(home: Path) -> Path:
    """Where backups go when no other place is named."""
    return folder(home, "backups")


def clock_file(home: Path) -> Path:
    """Where a simulated installation keeps its time; a real one has no such file."""
    return home / "clock"


@contextmanager
def locked(path: Path, home: Path) -> Iterator[None]:
    """Hold this lock file alone; a process that dies lets go by itself."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give(path, home)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def secret(home: Path, name: str) -> str:
    """The secret of this name (43 letters and digits), drawn once and kept in a file for us alone.

    Two processes that start at once get the same one. ``name`` is a plain file name in small
    letters.
    """
    if not _SECRET_NAME.fullmatch(name):
        raise ValueError(f"not a name for a secret: {name!r}")
    place = secrets_folder(home)
    path = place / name
    with locked(place / ".lock", home):
        if not path.exists():
            _write_whole(path, secrets.token_urlsafe(32), home)
        value = path.read_text("ascii").strip()
    if not value:
        raise HomeError(f"The file {path} is empty. Put it back from a copy of the folder {place}.")
    return value


def _write_whole(path: Path, text: str, home: Path) -> None:
    # On the disk before it has its name: a secret lost to a power cut locks us out of the database.
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    give(draft, home)
    draft.rename(path)
    around = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(around)
    finally:
        os.close(around)
