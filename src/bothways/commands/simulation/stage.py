"""What must stand before simulated days can begin: an empty database, a district, a server, a town."""

import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import platformdirs

from bothways.commands.installation import DEMO_FILE, Unusable
from bothways.commands.processes import Child, web
from bothways.commands.words import say
from bothways.core.home import clock_file

BEGINS = time_of_day(8, 30)  # after the quiet hours, before school gets busy


class Told(Exception):
    """Somebody said stop."""


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """SIGTERM and Ctrl-C unwind everything that was started."""

    def tell(number: int, frame: object) -> None:
        raise Told

    before = {name: signal.signal(name, tell) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def own_home() -> Path:
    """The folder of the simulation: never one that holds a real installation."""
    named = os.environ.get("BOTHWAYS_HOME", "").strip()
    home = Path(named) if named else platformdirs.user_data_path("bothways-demo", appauthor=False)
    home = home.expanduser().resolve()
    if home.exists() and any(home.iterdir()) and not (home / DEMO_FILE).exists():
        raise Unusable(
            f"{home} holds an installation that is no demo. Set BOTHWAYS_HOME to an empty folder."
        )
    os.environ["BOTHWAYS_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / DEMO_FILE).write_text("This folder is made anew by each “bothways demo”.\n")
    return home


def free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("No free port was found.")


class Steps:
    """Measures and tells each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, words: str) -> Iterator[None]:
        say(words)
        started = time.monotonic()
        yield
        taken = self.seconds.get(name, 0.0) + time.monotonic() - started
        self.seconds[name] = round(taken, 2)


def begin_anew() -> None:
    """Empty the database, if it is a demo's or nobody's."""
    from django.db import connection

    from bothways.commands.installation import bring_up_to_date

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = current_database()"
        )
        row = cursor.fetchone()
        marked = bool(row and row[0] == "bothways demo")
        cursor.execute("SELECT to_regclass('schools_district') IS NOT NULL")
        filled = bool((cursor.fetchone() or [False])[0])
        if filled and not marked:
            cursor.execute("SELECT EXISTS (SELECT FROM schools_district)")
            if (cursor.fetchone() or [False])[0]:
                raise Unusable(
                    "This database holds a district that is no demo’s: the demo would delete it. "
                    "Leave DATABASE_URL unset, or name an empty database."
                )
        cursor.execute("SELECT current_database()")
        name = (cursor.fetchone() or [""])[0]
        quoted = connection.ops.quote_name(str(name))
        cursor.execute(f"COMMENT ON DATABASE {quoted} IS 'bothways demo'")
    bring_up_to_date()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'django_migrations' "
            "AND tablename <> 'django_content_type' AND tablename NOT LIKE 'auth_%%'"
        )
        tables = (cursor.fetchone() or [None])[0]
        if tables:
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def bundled(home: Path) -> Path:
    """The bundled district's files, made anew."""
    from bothways.commands.demo_district import generate

    place = home / "district"
    shutil.rmtree(place, ignore_errors=True)
    generate(place)
    return place


def read_json(path: Path) -> dict[str, Any]:
    """The object in this file; Unusable where there is none."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"{path.name} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise Unusable(f"{path.name} is no JSON object.")
    return values


def town_values(path: Path | None) -> dict[str, Any]:
    """The town's values, as far as a driver needs them; Unusable where its clock cannot be read."""
    values = read_json(path) if path else {}
    try:
        ZoneInfo(str(values.setdefault("timezone", "America/Chicago")))
        if values.get("start"):
            date.fromisoformat(str(values["start"])[:10])
    except (ValueError, OSError, KeyError) as error:
        raise Unusable(
            "The town needs a timezone like America/Chicago and a start like 2021-09-13."
        ) from error
    return values


def import_district(roster: Path, zone: str) -> tuple[Any, Any]:
    """The district of this roster and the report of its import; Unusable where it cannot be read."""
    from bothways.roster.readers import UnusableRoster, open_roster
    from bothways.roster.services import import_roster
    from bothways.schools.models import District

    try:
        report = import_roster(open_roster(roster), by=None, timezone=zone)
    except UnusableRoster as error:
        raise Unusable(str(error)) from error
    return District.objects.get(), report


def first_morning(town: dict[str, Any], district: Any) -> datetime:
    """The town's first morning; without one the second Monday of the roster's first term."""
    from bothways.schools.models import Term

    given = town.get("start")
    if given:
        day = date.fromisoformat(str(given)[:10])
    else:
        first = (
            Term.objects.filter(district=district, starts_on__isnull=False)
            .order_by("starts_on")
            .values_list("starts_on", flat=True)
            .first()
        ) or date(2026, 9, 7)
        day = first + timedelta(days=(7 - first.weekday()) % 7 + 7)
    return datetime.combine(day, BEGINS, ZoneInfo(town["timezone"]))


def apply_overlay(
    district: Any, overlay: Path | None, start: datetime
) -> list[tuple[datetime, str]]:
    """Keep the overlay as local truth; the stops that are still to come."""
    if overlay is None:
        return []
    from bothways.roster.overlay import apply_overlay

    result = apply_overlay(district, read_json(overlay), at=start)
    for words in result.unknown:
        say(f"  In the overlay: {words}")
    district.refresh_from_db()
    return sorted(result.later)


def connect_carriers(town: Any, tray: Path) -> None:
    """The product's real carriers, with the sandbox's addresses in place of the vendors'."""
    from bothways.channels.services import configure

    configure(
        "twilio",
        {
            "account_sid": town.account,
            "auth_token": town.token,
            "from_number": "+15005550006",
            "base_url": town.url,
        },
    )
    configure(
        "smtp",
        {
            "host": town.smtp_host,
            "port": str(town.smtp_port),
            "tls": "none",
            "from_address": "school@demo.example.org",
        },
    )
    # The account of the texts; a simulated day must not wait for one call a second of real time.
    configure("twilio_voice", {"concurrency": "50", "rate": "1000"})
    configure("letters", {"folder": str(tray)})


def wait_for(public: str, server: Child) -> None:
    """Until the web server answers."""
    for _ in range(150):
        if not server.alive:
            break
        try:
            urllib.request.urlopen(f"{public}/r/", timeout=5).close()  # noqa: S310
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
            continue
        return
    raise click.ClickException(f"The web server did not start; {server.log} says why.")


def welcome_all(district: Any, words: dict[str, str]) -> Any:
    """Write this to every family, as news of the district; what became of the audience."""
    from bothways.messaging.audience import Audience
    from bothways.messaging.enums import Purpose
    from bothways.messaging.services.messages import Draft, send

    _, fanned = send(Draft(Purpose.ROUTINE, Audience(), words, {}), district=district, by=None)
    return fanned


@dataclass(frozen=True, slots=True)
class Stage:
    """A district whose carriers are stand-ins, on its first morning."""

    home: Path
    district: Any
    town: Any
    server: Child
    public: str
    start: datetime
    later: list[tuple[datetime, str]]  # stops of the overlay that are still to come
    tray: Path
    env: dict[str, str]


def clear(home: Path) -> None:
    """Take away what an earlier run left, and go back to real time."""
    from bothways.core import clock

    clock.forget()
    clock_file(home).unlink(missing_ok=True)
    for name in ("letters", "uploads"):
        shutil.rmtree(home / name, ignore_errors=True)


def set_up(
    stack: ExitStack,
    *,
    home: Path,
    roster: Path,
    overlay: Path | None,
    town_file: Path | None,
    port: int,
    steps: Steps,
    sandbox: str = "sandbox",
) -> Stage:
    """Import the roster, stop the clock on the first morning, start the web server and the stand-ins.

    The database is open and empty. ``sandbox``: the folder in the home for what happens in the town.
    """
    from bothways.commands.simulation.driver import residents
    from bothways.commands.simulation.town import open_town
    from bothways.core import clock
    from bothways.core.home import folder, logs_folder

    values = town_values(town_file)
    with steps.step("roster", f"Importing {roster.name} …"):
        district, report = import_district(roster, values["timezone"])
        say(
            f"  {report.students} students, {report.guardians} guardians, "
            f"{report.households} families, {report.staff} staff"
        )
    start = first_morning(values, district)
    # From here on the clock is the town's: everything that is written down carries its time.
    clock.stop_at(clock_file(home), start)
    clock.follow(clock_file(home))
    later = apply_overlay(district, overlay, start)

    logs = logs_folder(home)
    env = {"BOTHWAYS_HOME": str(home)}
    public = f"http://127.0.0.1:{port}"
    with steps.step("start", "Starting the web server and the stand-in carriers …"):
        server = web(env, host="127.0.0.1", port=port, workers=1, log=logs / "web.log")
        stack.callback(server.stop)
        server.start()
        tray = folder(home, "letters")
        shutil.rmtree(home / sandbox, ignore_errors=True)
        town = open_town(
            home=folder(home, sandbox),
            tray=tray,
            town=town_file,
            webhook=f"{public}/hooks/twilio/in",
            now=start,
            log=logs / "sandbox.log",
        )
        stack.callback(town.stop)
        connect_carriers(town, tray)
        wait_for(public, server)
    town.call("residents", residents(district))
    return Stage(home, district, town, server, public, start, later, tray, env)


def lying_beside(roster: Path, overlay: Path | None) -> Path | None:
    """The overlay that was given, else the one that lies with the roster."""
    if overlay is None and (roster / "overlay.json").is_file():
        say("Using the overlay that lies with the roster: overlay.json")
        return roster / "overlay.json"
    return overlay


def progress(start: datetime, end: datetime) -> Callable[[datetime], None]:
    """A line that grows on a terminal; elsewhere one line a day."""
    from bothways.messaging.models import Delivery

    told: set[date] = set()

    def tell(now: datetime) -> None:
        whole = max((end - start).total_seconds(), 1)
        local = now.astimezone(start.tzinfo)
        if sys.stderr.isatty():
            filled = int(30 * (now - start).total_seconds() / whole)
            click.echo(
                f"\r  [{'█' * filled}{'·' * (30 - filled)}] {local:%A %d %B %H:%M}     ",
                nl=False,
                err=True,
            )
        elif local.date() not in told:
            told.add(local.date())
            seen = Delivery.objects.filter(state__in=["seen", "answered"]).count()
            say(f"  {local:%A %d %B}: {seen} seen or answered so far")

    return tell
