"""``bothways``: the command line of an installation."""

import importlib
from typing import Any

import click

from bothways import __version__

# Imported only when called: most commands need Django, and ``--help`` should not wait for it.
COMMANDS: dict[str, str] = {
    "up": "bothways.commands.up:up",
    "worker": "bothways.commands.up:worker",
    "demo": "bothways.commands.demo.command:demo",
    "sample": "bothways.commands.sample:sample",
    "simulate": "bothways.commands.simulate.command:simulate",
    "roster": "bothways.commands.roster:roster",
    "attendance": "bothways.commands.progress_files:attendance",
    "gradebook": "bothways.commands.progress_files:gradebook",
    "send": "bothways.commands.send:send",
    "reach": "bothways.commands.reach:reach",
    "staff": "bothways.commands.staff:staff",
    "district": "bothways.commands.district:district",
    "carrier": "bothways.commands.carrier:carrier",
    "engine": "bothways.commands.engine:engine",
    "policy": "bothways.commands.policy:policy",
    "sign-in": "bothways.commands.sign_in:sign_in",
    "doctor": "bothways.commands.care:doctor",
    "backup": "bothways.commands.care:backup",
    "restore": "bothways.commands.care:restore",
    "nightly": "bothways.commands.nightly:nightly",
    "retention": "bothways.commands.retention:retention",
    "coach": "bothways.commands.coach:coach",
    "bench": "bothways.commands.bench.command:bench",
}
PATHS = (
    "roster",
    "attendance",
    "gradebook",
    "demo",
    "sample",
    "simulate",
    "backup",
    "restore",
    "coach",
)


class Lazy(click.Group):
    """A group whose commands are found by name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Names of files may be any bytes; words for families and ids of rosters may not.
        if (
            args
            and args[0] not in PATHS
            and any("\udc80" <= c <= "\udcff" for a in args for c in a)
        ):
            raise click.UsageError("A word of this call cannot be read: it is not UTF-8.", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bothways")
def main() -> None:
    """Reach every family, hear what they answer, see who is not reached yet."""
