"""``bothways simulate``: weeks of a district in minutes, held against what reached people."""

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.simulation.stage import (
    Steps,
    Told,
    begin_anew,
    clear,
    free_port,
    lying_beside,
    own_home,
    read_json,
    set_up,
    stopping_cleanly,
    town_values,
)
from bothways.commands.simulation.stage import bundled as bundled_district
from bothways.commands.words import put, say, table

OURS = "default"
SEED = 7  # the built-in town's
BROKEN = 1  # exit status: some invariant is not zero


@click.command(short_help="School days in minutes, beside plain policies; counts broken promises.")
@click.option(
    "--roster", type=click.Path(exists=True, path_type=Path), help="default: the bundled district"
)
@click.option(
    "--overlay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="what the roster cannot say",
)
@click.option(
    "--town", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="how people behave"
)
@click.option("--days", required=True, type=click.IntRange(1, 200), help="school days")
@click.option("--policy", help="run this one alone; without it ours, and the plain ones beside it")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def simulate(
    roster: Path | None,
    overlay: Path | None,
    town: Path | None,
    days: int,
    policy: str | None,
    as_json: bool,
) -> None:
    """Let school days pass in a district with simulated families and staff; nobody is contacted.

    The folder is the demo's (BOTHWAYS_HOME, or the user's data folder “bothways-demo”): made anew each time.
    """
    names = _policies(policy)
    if overlay is not None:
        read_json(overlay)
    town_values(town)
    if roster is None and town is not None:
        say("No roster was given: the bundled district lives in your town.")
    home = own_home()
    try:
        with stopping_cleanly(), ExitStack() as stack:
            found = _run(stack, home, roster, overlay, town, days, names)
    except Told:
        say("Stopped.")
        raise click.exceptions.Exit(BROKEN) from None
    if as_json:
        put(found)
    _tell(found, names)
    wrong = {name: n for name, n in found["invariants"].items() if n}
    if wrong:
        say("Broken promises: " + ", ".join(f"{name} {n}" for name, n in wrong.items()) + ".")
        say(f"Which contacts: {home / 'sandbox' / 'broken.json'}")
        raise click.exceptions.Exit(BROKEN)


def _policies(wanted: str | None) -> list[str]:
    """What to run, the one that is reported last."""
    from bothways.outreach.policies import POLICY_SETS

    if wanted is None:
        return [*(name for name in POLICY_SETS if name != OURS), OURS]
    if wanted not in POLICY_SETS:
        raise Unusable(f"There is no policy “{wanted}”: use one of {', '.join(POLICY_SETS)}.")
    return [wanted]


def _run(
    stack: ExitStack,
    home: Path,
    roster: Path | None,
    overlay: Path | None,
    town: Path | None,
    days: int,
    names: list[str],
) -> dict[str, Any]:
    steps = Steps()
    port = free_port(0)
    os.environ["BOTHWAYS_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    os.environ["BOTHWAYS_DEMO"] = "1"
    with steps.step("database", "Starting the database …"):
        stack.enter_context(installation(migrate=False))
    from bothways.commands.simulate.run import run

    bundled = roster is None
    if roster is None:
        with steps.step("district", "Making the demo district …"):
            begin_anew()
            roster = bundled_district(home)
            town = town or roster / "town.json"
    overlay = lying_beside(roster, overlay)
    policies: dict[str, Any] = {}
    result: dict[str, Any] = {}
    for name in names:
        # The last one stays: its contacts are the judge, its database can be looked at.
        folder = "sandbox" if name == names[-1] else f"sandbox-{name}"
        say(f"Policy {name}:")
        begin_anew()
        _hurry()
        clear(home)
        with ExitStack() as servers:
            stage = set_up(
                servers,
                home=home,
                roster=roster,
                overlay=overlay,
                town_file=town,
                port=port,
                steps=steps,
                sandbox=folder,
            )
            with steps.step(f"days {name}", f"{days} school days pass …"):
                outcome = run(
                    stage,
                    policy=name,
                    days=days,
                    seed=int(town_values(town).get("seed", SEED)),
                    bundled=bundled,
                    roster=roster,
                    overlay=read_json(overlay) if overlay else {},
                    sandbox=home / folder,
                )
        policies[name] = outcome.summary()
        for part, took in outcome.seconds.items():
            steps.seconds[f"{name}: {part}"] = round(took, 2)
        result = {"days": outcome.days, "invariants": outcome.invariants}
        _keep_broken(home / folder / "broken.json", outcome.broken)
    return {"policy": names[-1], **result, "policies": policies, "seconds": steps.seconds}


def _hurry() -> None:
    """Let the database answer before its disk has: a simulation that is cut off begins anew anyway."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = connection.ops.quote_name((cursor.fetchone() or [""])[0])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    connection.close()  # the next one has it


def _keep_broken(path: Path, broken: dict[str, list[Any]]) -> None:
    path.write_text(json.dumps(broken, ensure_ascii=False, default=str, indent=1), "utf-8")


def _tell(found: dict[str, Any], names: list[str]) -> None:
    """The result for people, with denominators."""
    say()
    head = f"  {'policy':<20}{'delivered':>11}{'reached':>9}{'two-way':>9}{'contacts':>10}"
    say(head + f"{'minutes':>9}{'cost':>10}{'min/family':>12}")
    for name in names:
        one = found["policies"][name]
        say(
            f"  {name:<20}{one['delivered']:>11}{one['reached']:>9}{one['two_way']:>9}"
            f"{one['contacts']:>10}{one['staff_minutes']:>9}{one['cost']:>10.2f}"
            f"{one['staff_minutes_per_reached'] or 0:>12.2f}"
        )
    families = found["policies"][names[-1]]["families"]
    say(f"  of {families} families; min/family: staff minutes for each family reached.")
    say()
    say(f"Day by day, {found['policy']}:")
    for day in found["days"]:
        levels = day["levels"]
        reached = levels["SEEN"] + levels["ANSWERED"] + levels["MET"]
        say(
            f"  {day['date']}  reached {reached:>6} of {families}, two-way "
            f"{levels['ANSWERED'] + levels['MET']:>6}, contacts {sum(day['contacts'].values()):>6}, "
            f"staff minutes {sum(day['staff_minutes'].values()):>6}"
        )
    say()
    say("Promises, counted from what reached people (each must be 0):")
    say(table([(name, str(n)) for name, n in found["invariants"].items()]))
