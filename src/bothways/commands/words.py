"""How commands speak: words for people on stderr, one JSON object on stdout."""

import json
import sys
from typing import Any

import click


def say(text: str = "") -> None:
    """A line for people."""
    click.echo(text, err=True)


def put(value: Any) -> None:
    """The one JSON object of a command, on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def table(rows: list[tuple[str, str]]) -> str:
    """Two columns, the second to the right."""
    left = max((len(a) for a, _ in rows), default=0)
    right = max((len(b) for _, b in rows), default=0)
    return "\n".join(f"  {a:<{left}}  {b:>{right}}" for a, b in rows)
