"""From the addresses of databases to what Django wants to know."""

from collections.abc import Mapping
from typing import Any

from psycopg.conninfo import conninfo_to_dict

POOL = {"min_size": 1, "max_size": 8, "timeout": 5}
DIRECT = "direct"

# A host that loses its power or its cable says no goodbye, and Linux by itself waits two hours for one.
# With these a server that fell silent is given up within about 25 seconds. The address may say otherwise;
# through a Unix socket they mean nothing.
NOTICE_SILENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}


def databases(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: ``default``, and ``direct`` where ``default`` leads through a pooler.

    DATABASE_URL is how pages and jobs get there. Where that is a pooler that hands out connections by the
    transaction (pgbouncer), BOTHWAYS_DIRECT_DATABASE_URL is the way round it, for what needs a session:
    workers that listen for jobs, changes of the structure, backups.
    """
    direct = environ.get("BOTHWAYS_DIRECT_DATABASE_URL", "")
    default = from_url(
        environ.get("DATABASE_URL", "postgresql:///bothways"),
        pool=environ.get("BOTHWAYS_POOL", "") == "1",
    )
    if not direct:
        return {"default": default}
    # The next statement may run on another server connection: nothing may be left lying on this one.
    default["DISABLE_SERVER_SIDE_CURSORS"] = True
    default["OPTIONS"]["prepare_threshold"] = None
    return {
        "default": default,
        DIRECT: {**from_url(direct, pool=False), "TEST": {"MIRROR": "default"}},
    }


def session_url(environ: Mapping[str, str]) -> str | None:
    """The address for what needs a session of its own, as a backup does; None: the embedded database."""
    return environ.get("BOTHWAYS_DIRECT_DATABASE_URL") or environ.get("DATABASE_URL") or None


def from_url(url: str, *, pool: bool) -> dict[str, Any]:
    """Django's settings for a libpq address (``postgresql://…`` or ``host=… dbname=…``)."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    options: dict[str, Any] = dict(NOTICE_SILENCE)
    settings = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "bothways"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }
    options.update(parts)
    if pool:
        # Taking a connection from a pool is 2.6 times as fast a page as opening one.
        options["pool"] = POOL
    else:
        settings["CONN_MAX_AGE"] = None
    return settings
