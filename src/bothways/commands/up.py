"""``bothways up``: database, workers and web in one; Ctrl-C stops it all."""

import os

import click

from bothways.commands.installation import installation
from bothways.commands.processes import Supervisor, end_after_parent, web, workers
from bothways.commands.words import say


@click.command(short_help="Start everything; Ctrl-C stops it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def up(host: str, port: int) -> None:
    """Start what an installation needs (database, workers, web) and keep it running."""
    with installation() as here:
        from bothways.core.home import logs_folder

        home = here.home
        logs = logs_folder(home)
        env = {"BOTHWAYS_HOME": str(home)}
        os.environ.setdefault("BOTHWAYS_PUBLIC_URL", f"http://{host}:{port}")
        children = [
            *workers(env, logs / "worker.log"),
            web(env, host=host, port=port, workers=2, log=logs / "web.log"),
        ]
        say(f"Bothways is at http://{host}:{port}. Its data is in {home}. Ctrl-C stops it.")
        # A database that was killed comes up again, and its workers with it.
        Supervisor(children, say).run(here.server.ensure_running if here.server else None)
        say("Stopped.")


@click.command(short_help="Do background work (started by up).")
@click.option("--urgent", is_flag=True, help="emergencies only")
def worker(urgent: bool) -> None:
    """Send what waits and take in what came, until stopped."""
    end_after_parent()
    with installation(migrate=False):
        from bothways.core import jobs

        jobs.work(queues=[jobs.URGENT if urgent else jobs.ORDINARY], concurrency=1 if urgent else 2)
