"""The embedded PostgreSQL of an installation: ``attach(home)`` gives a running one."""

from bothways.core.pg.errors import PgError
from bothways.core.pg.server import Server, attach, stop

__all__ = ["PgError", "Server", "attach", "stop"]
