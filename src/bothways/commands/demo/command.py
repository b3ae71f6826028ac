"""``bothways demo``: the main job, start to finish, with stand-in carriers and simulated days."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from bothways.commands.installation import installation
from bothways.commands.processes import Supervisor, workers
from bothways.commands.simulation.stage import (
    Stage,
    Steps,
    Told,
    begin_anew,
    clear,
    free_port,
    lying_beside,
    own_home,
    progress,
    set_up,
    stopping_cleanly,
    welcome_all,
)
from bothways.commands.simulation.stage import bundled as bundled_district
from bothways.commands.words import put, say, table
from bothways.core.home import clock_file

DEMO_DAYS = 3


@click.command(short_help="The main job on a demo district, with simulated families.")
@click.option(
    "--roster",
    "roster",
    type=click.Path(exists=True, path_type=Path),
    help="default: the bundled district",
)
@click.option(
    "--overlay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="what the roster cannot say",
)
@click.option(
    "--town", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="how people behave"
)
@click.option("--days", default=DEMO_DAYS, show_default=True, type=click.IntRange(0, 400))
@click.option("--port", default=8000, show_default=True)
@click.option("--no-serve", is_flag=True, help="end when the days are over")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def demo(
    roster: Path | None,
    overlay: Path | None,
    town: Path | None,
    days: int,
    port: int,
    no_serve: bool,
    as_json: bool,
) -> None:
    """Load a district, write to every family, let days pass, show who is reached and who is not.

    All carriers are stand-ins on this machine: nobody is contacted. The demo has a folder of its own
    (BOTHWAYS_HOME, or the user's data folder “bothways-demo”) and begins anew each time.
    """
    home = own_home()
    try:
        with stopping_cleanly(), ExitStack() as stack:
            _run(stack, home, roster, overlay, town, days, port, no_serve, as_json)
    except Told:
        say("Stopped.")


def _run(
    stack: ExitStack,
    home: Path,
    roster: Path | None,
    overlay: Path | None,
    town_file: Path | None,
    days: int,
    port: int,
    no_serve: bool,
    as_json: bool,
) -> None:
    steps = Steps()
    port = free_port(0 if no_serve else port)
    os.environ["BOTHWAYS_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    os.environ["BOTHWAYS_DEMO"] = "1"
    with steps.step("database", "Starting the database …"):
        stack.enter_context(installation(migrate=False))
        begin_anew()
        clear(home)

    bundled = roster is None
    if roster is None:
        with steps.step("district", "Making the demo district …"):
            roster = bundled_district(home)
            town_file = town_file or roster / "town.json"
    overlay = lying_beside(roster, overlay)
    stage = set_up(
        stack,
        home=home,
        roster=roster,
        overlay=overlay,
        town_file=town_file,
        port=port,
        steps=steps,
    )
    from bothways.commands.demo_district.messages import WELCOME, welcome
    from bothways.commands.simulation.driver import Driver
    from bothways.commands.simulation.office import Office
    from bothways.core import clock
    from bothways.core.home import logs_folder

    district, town, start = stage.district, stage.town, stage.start
    end = start + timedelta(days=days)
    driver = Driver(
        district=district,
        town=town,
        clock_file=clock_file(home),
        now=start,
        progress=progress(start, end),
    )
    office = Office(district, town)
    driver.put_stops(stage.later)
    driver.put(office.after(start), office)
    with steps.step("send", "Writing to every family …"):
        fanned = welcome_all(district, WELCOME if bundled else welcome(district.name))
        say(table([(f"by {channel}", str(n)) for channel, n in fanned.deliveries.items()]))
    with steps.step("days", f"{days} days pass …"):
        driver.run(end)
        if sys.stderr.isatty():
            say()
    with steps.step("reach", "Counting …"):
        from bothways.commands.reach import figures, summary

        result = figures(district, school_id=None, since=None)
    result |= _totals(district)
    result["seconds"] = steps.seconds
    if as_json:
        put(result)
    say(summary(result))
    pages = result["letters_pages"]
    say(f"{result['replies']} replies from families; {pages} pages of letters in {stage.tray}.")
    if no_serve:
        return
    clock.run_from(clock_file(home), end)
    _serve(stage, logs_folder(home), lambda: town.advance(clock.now()))


def _totals(district: Any) -> dict[str, Any]:
    from django.db.models import Count, Sum

    from bothways.messaging.models import Delivery, Entry
    from bothways.people.models import Guardian

    sent = Delivery.objects.filter(district=district, accepted_at__isnull=False)
    return {
        "guardians": Guardian.objects.filter(district=district, ended_at=None).count(),
        "deliveries": dict(sent.values_list("channel").annotate(n=Count("pk")).order_by("channel")),
        "replies": Entry.objects.filter(district=district, from_family=True).count(),
        "letters_pages": sent.aggregate(n=Sum("pages"))["n"] or 0,
    }


def _serve(stage: Stage, logs: Path, each_second: Callable[[], object]) -> None:
    from bothways.accounts.enums import Role
    from bothways.accounts.links import make
    from bothways.accounts.models import Membership

    say()
    say(f"Open {stage.public}")
    say("Sign in as (each link works for a day):")
    for role in Role:
        member = (
            Membership.objects.filter(
                district=stage.district, role=role, ended_at=None, user__email__isnull=False
            )
            .select_related("user", "school")
            .order_by("user_id")
            .first()
        )
        if member is not None:
            where = member.school.name if member.school else stage.district.name
            say(
                f"  {role.label}: {member.user.name}, {where}\n    {stage.public}{make(member.user)}"
            )
    say(f"The families’ phones, mailboxes and letters are at {stage.town.url}")
    say("Ctrl-C stops it all.")
    children = [stage.server, *workers(stage.env, logs / "worker.log")]

    def tick() -> None:
        each_second()

    Supervisor(children, say).run(tick)
    say("Stopped.")
