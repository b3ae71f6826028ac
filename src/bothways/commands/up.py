"""``bothways up``: database, workers and web in one; Ctrl-C stops it all."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from bothways.commands.installation import installation
from bothways.commands.processes import Supervisor, end_after_parent, web, workers
from bothways.commands.words import say


@click.command(short_help="Start everything; Ctrl-C stops it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--only",
    type=click.Choice(["web", "workers"]),
    help="one part here, where the other runs on other machines",
)
@click.option(
    "--workers",
    "count",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="background workers here; two for a district on two cores",
)
@click.option(
    "--logs",
    "logs_to",
    type=click.Choice(["files", "stderr"]),
    default="files",
    show_default=True,
    help="stderr: where systemd or a container keeps them",
)
def up(host: str, port: int, only: str | None, count: int, logs_to: str) -> None:
    """Start what an installation needs (database, workers, web) and keep it running."""
    from bothways.core.logs import catch_all

    catch_all()
    with installation() as here, ExitStack() as stack:
        from bothways.core.home import logs_folder, secret

        home = here.home
        folder = logs_folder(home)
        worker_log = folder / "worker.log" if logs_to == "files" else None
        web_log = folder / "web.log" if logs_to == "files" else None
        env = {
            "BOTHWAYS_HOME": str(home),
            "GRANIAN_LOG_CONFIG": str(Path(__file__).parents[1] / "config" / "granian-log.json"),
            "PROMETHEUS_MULTIPROC_DIR": stack.enter_context(_counts_folder()),
        }
        secret(
            home, "metrics"
        )  # for who may read /metrics: made here, so that it is there to be read
        os.environ.setdefault("BOTHWAYS_PUBLIC_URL", f"http://{host}:{port}")
        children = []
        if only != "web":
            children += workers(env, worker_log, count)
        if only != "workers":
            children.append(web(env, host=host, port=port, workers=2, log=web_log))
        if only == "workers":
            say(f"Workers of Bothways. Their data is in {home}. Ctrl-C stops them.")
        else:
            say(f"Bothways is at http://{host}:{port}. Its data is in {home}. Ctrl-C stops it.")
            _say_how_to_begin()
        # A database that was killed comes up again, and its workers with it.
        Supervisor(children, say).run(here.server.ensure_running if here.server else None)
        say("Stopped.")


def _say_how_to_begin() -> None:
    """Where nobody runs this installation yet: the link with which somebody can."""
    from bothways.accounts.beginning import has_begun, link

    if not has_begun():
        say("Nobody runs this installation yet. Whoever opens this link within a week does:")
        say(f"  {os.environ['BOTHWAYS_PUBLIC_URL'].rstrip('/')}{link()}")


def _counts_folder() -> "tempfile.TemporaryDirectory[str]":
    """Where the web processes lay their counts of requests together.

    In memory where that can be: on a disk that is full, counting would end the process that counts.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, for us alone
    place = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    for left in place.glob("bothways-counts-*"):  # by one that was killed
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(
        prefix=f"bothways-counts-{os.getpid()}-", dir=place, ignore_cleanup_errors=True
    )


@click.command(short_help="Do background work (started by up).")
@click.option("--urgent", is_flag=True, help="emergencies only")
def worker(urgent: bool) -> None:
    """Send what waits and take in what came, until stopped."""
    from bothways.core.logs import catch_all

    end_after_parent()
    catch_all()
    with installation(migrate=False):
        from bothways.core import jobs

        jobs.work(queues=[jobs.URGENT if urgent else jobs.ORDINARY], concurrency=1 if urgent else 2)
