"""``bothways bench NAME``: how fast, beside the best that could be expected on this machine."""

import importlib
from typing import Any

import click

# Imported only when called: each needs Django in a scratch installation of its own.
BENCHES: dict[str, str] = {
    name: f"bothways.commands.bench.{name}:{name}"
    for name in (
        "roster",
        "fanout",
        "send",
        "receipts",
        "webhooks",
        "letters",
        "reach",
        "climb",
        "pages",
        "emergency",
        "crash",
        "machines",
        "coach",
    )
}


class Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(BENCHES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = BENCHES.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Lazy, short_help="Measure this machine, in a scratch installation.")
def bench() -> None:
    """Measure, each beside a baseline in the same run. Works in a scratch installation, never in yours."""
