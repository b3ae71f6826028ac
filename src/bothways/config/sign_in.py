"""How staff sign in, as the environment says."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
SECOND_STEP = ("off", "leaders", "everyone")


def second_step(words: str) -> str:
    """Of whom a second step is asked: off (the default), leaders or everyone."""
    chosen = words.strip().lower() or "off"
    if chosen not in SECOND_STEP:
        raise ImproperlyConfigured(
            f"BOTHWAYS_MFA is “{words}”. Write {', '.join(SECOND_STEP[:-1])} or {SECOND_STEP[-1]}."
        )
    return chosen


def providers(words: str) -> dict[str, Any]:
    """allauth's ``SOCIALACCOUNT_PROVIDERS`` from ``BOTHWAYS_OIDC``: JSON, or the path of a file with it.

    A list, one entry a district: ``[{"id": "grand-bend", "name": "Grand Bend account",
    "issuer": "https://login.example.org", "client": "…", "secret": "…", "district": "roster id"}]``.
    ``district`` may be left out where the installation has one.
    """
    if not words.strip():
        return {}
    entries = _read(words.strip())
    apps = [_app(entry) for entry in entries]
    ids = [app["provider_id"] for app in apps]
    if len(set(ids)) < len(ids):
        raise ImproperlyConfigured("BOTHWAYS_OIDC: two entries have the same “id”.")
    common = {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "email", "profile"]}
    return {"openid_connect": {**common, "APPS": apps}}


def _read(words: str) -> list[dict[str, Any]]:
    if not words.startswith(("[", "{")):
        try:
            words = Path(words).read_text()
        except OSError as error:
            raise ImproperlyConfigured(
                f"BOTHWAYS_OIDC names a file that cannot be read: {error.strerror}."
            ) from error
    try:
        read = json.loads(words)
    except ValueError as error:
        raise ImproperlyConfigured(f"BOTHWAYS_OIDC is not JSON: {error}.") from error
    entries = [read] if isinstance(read, dict) else read
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ImproperlyConfigured("BOTHWAYS_OIDC: give a list of entries in braces.")
    return entries


def _app(entry: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in ("id", "issuer", "client", "secret") if not entry.get(name)]
    if missing:
        raise ImproperlyConfigured(f"BOTHWAYS_OIDC: an entry lacks {', '.join(missing)}.")
    name = str(entry["id"])
    if not _ID.fullmatch(name):
        raise ImproperlyConfigured(
            f"BOTHWAYS_OIDC: “{name}” cannot be an id. Use small letters, digits and hyphens."
        )
    issuer = str(entry["issuer"])
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise ImproperlyConfigured(
            f"BOTHWAYS_OIDC: the issuer of “{name}” must begin with https://."
        )
    return {
        "provider_id": name,
        "name": str(entry.get("name") or name)[:40],
        "client_id": str(entry["client"]),
        "secret": str(entry["secret"]),
        "settings": {
            "server_url": issuer.rstrip("/") + "/.well-known/openid-configuration",
            # Whatever the other side calls itself: answers are believed only from whom the district named.
            "openid_configuration_overrides": {"issuer": issuer},
            "district": str(entry.get("district") or ""),
        },
    }
