"""``bothways demo``: the main job, start to finish, with stand-in carriers and simulated days."""

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
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import platformdirs

from bothways.commands.installation import DEMO_FILE, Unusable, installation
from bothways.commands.processes import Child, Supervisor, web, workers
from bothways.commands.words import put, say, table
from bothways.core.home import clock_file

BEGINS = time_of_day(8, 30)  # after the quiet hours, before school gets busy
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
    home = _own_home()
    try:
        with _stopping_cleanly(), ExitStack() as stack:
            _run(stack, home, roster, overlay, town, days, port, no_serve, as_json)
    except _Told:
        say("Stopped.")


class _Told(Exception):
    """Somebody said stop."""


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """SIGTERM and Ctrl-C unwind everything that was started."""

    def tell(number: int, frame: object) -> None:
        raise _Told

    before = {name: signal.signal(name, tell) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _own_home() -> Path:
    """The demo's folder: never one that holds a real installation."""
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


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("No free port was found.")


class _Steps:
    """Measures and tells each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, words: str) -> Iterator[None]:
        say(words)
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)


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
    steps = _Steps()
    port = _free_port(0 if no_serve else port)
    public = f"http://127.0.0.1:{port}"
    os.environ["BOTHWAYS_PUBLIC_URL"] = public
    os.environ["BOTHWAYS_DEMO"] = "1"
    for name in ("sandbox", "letters", "uploads"):
        shutil.rmtree(home / name, ignore_errors=True)
    clock_file(home).unlink(missing_ok=True)

    with steps.step("database", "Starting the database …"):
        stack.enter_context(installation(migrate=False))
        _begin_anew()

    from bothways.core import clock
    from bothways.core.home import folder, logs_folder

    bundled = roster is None
    if roster is None:
        with steps.step("district", "Making the demo district …"):
            roster = _bundled(home)
            town_file = town_file or roster / "town.json"
    if overlay is None and (roster / "overlay.json").is_file():
        overlay = roster / "overlay.json"
        say(f"Using the overlay that lies with the roster: {overlay.name}")
    town_values = _read_json(town_file) if town_file else {}
    zone = str(town_values.get("timezone") or "America/Chicago")

    with steps.step("roster", f"Importing {roster.name} …"):
        district, report = _import(roster, zone)
        say(
            f"  {report.students} students, {report.guardians} guardians, "
            f"{report.households} families, {report.staff} staff"
        )
    start = _start(town_values, district, zone)
    # From here on the clock is the town's: everything that is written down carries its time.
    clock.stop_at(clock_file(home), start)
    clock.follow(clock_file(home))
    later = _apply_overlay(district, overlay, start)

    logs = logs_folder(home)
    env = {"BOTHWAYS_HOME": str(home)}
    with steps.step("start", "Starting the web server and the stand-in carriers …"):
        server = web(env, host="127.0.0.1", port=port, workers=1, log=logs / "web.log")
        stack.callback(server.stop)
        server.start()
        from bothways.commands.demo.town import open_town

        tray = folder(home, "letters")
        town = open_town(
            home=folder(home, "sandbox"),
            tray=tray,
            town=town_file,
            webhook=f"{public}/hooks/twilio/in",
            now=start,
            log=logs / "sandbox.log",
        )
        stack.callback(town.stop)
        _connect_carriers(town, tray)
        _wait_for(public, server)

    from bothways.commands.demo.driver import Driver, residents
    from bothways.commands.demo.staff import Office

    town.call("residents", residents(district))
    end = start + timedelta(days=days)
    driver = Driver(
        district=district,
        town=town,
        clock_file=clock_file(home),
        stops=later,
        office=Office(district, town),
        now=start,
        progress=_progress(start, end),
    )
    with steps.step("send", "Writing to every family …"):
        fanned = _write_to_all(district, bundled=bundled)
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
    say(
        f"{result['replies']} replies from families; {result['letters_pages']} pages of letters in {tray}."
    )
    if no_serve:
        return
    clock.run_from(clock_file(home), end)
    _serve(env, logs, server, town.url, public, district, lambda: town.advance(clock.now()))


def _begin_anew() -> None:
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


def _bundled(home: Path) -> Path:
    from bothways.commands.demo_district import generate

    place = home / "district"
    shutil.rmtree(place, ignore_errors=True)
    generate(place)
    return place


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path.name} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise Unusable(f"{path.name} is no JSON object.")
    return values


def _import(roster: Path, zone: str) -> tuple[Any, Any]:
    from bothways.roster.readers import UnusableRoster, open_roster
    from bothways.roster.services import import_roster
    from bothways.schools.models import District

    try:
        report = import_roster(open_roster(roster), by=None, timezone=zone)
    except UnusableRoster as error:
        raise Unusable(str(error)) from error
    return District.objects.get(), report


def _start(town: dict[str, Any], district: Any, zone: str) -> datetime:
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
    return datetime.combine(day, BEGINS, ZoneInfo(zone))


def _apply_overlay(
    district: Any, overlay: Path | None, start: datetime
) -> list[tuple[datetime, str]]:
    if overlay is None:
        return []
    from bothways.roster.overlay import apply_overlay

    result = apply_overlay(district, _read_json(overlay), at=start)
    for words in result.unknown:
        say(f"  In the overlay: {words}")
    district.refresh_from_db()
    return sorted(result.later)


def _connect_carriers(town: Any, tray: Path) -> None:
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
    configure("letters", {"folder": str(tray)})


def _wait_for(public: str, server: Child) -> None:
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


def _write_to_all(district: Any, *, bundled: bool) -> Any:
    from bothways.commands.demo_district.messages import WELCOME, welcome
    from bothways.messaging.audience import Audience
    from bothways.messaging.enums import Purpose
    from bothways.messaging.services.messages import Draft, send

    words = WELCOME if bundled else welcome(district.name)
    _, fanned = send(Draft(Purpose.ROUTINE, Audience(), words, {}), district=district, by=None)
    return fanned


def _progress(start: datetime, end: datetime) -> Callable[[datetime], None]:
    """A line that grows on a terminal; elsewhere one line a day."""
    from bothways.messaging.models import Delivery

    told: set[date] = set()

    def tell(now: datetime) -> None:
        whole = max((end - start).total_seconds(), 1)
        local = now.astimezone(start.tzinfo)
        if sys.stderr.isatty():
            filled = int(30 * (now - start).total_seconds() / whole)
            click.echo(
                f"\r  [{'█' * filled}{'·' * (30 - filled)}] {local:%A %H:%M}     ",
                nl=False,
                err=True,
            )
        elif local.date() not in told:
            told.add(local.date())
            seen = Delivery.objects.filter(state__in=["seen", "answered"]).count()
            say(f"  {local:%A %d %B}: {seen} seen or answered so far")

    return tell


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


def _serve(
    env: dict[str, str],
    logs: Path,
    server: Child,
    street: str,
    public: str,
    district: Any,
    each_second: Callable[[], object],
) -> None:
    from bothways.accounts.enums import Role
    from bothways.accounts.links import make
    from bothways.accounts.models import Membership

    say()
    say(f"Open {public}")
    say("Sign in as (each link works for a day):")
    for role in Role:
        member = (
            Membership.objects.filter(
                district=district, role=role, ended_at=None, user__email__isnull=False
            )
            .select_related("user", "school")
            .order_by("user_id")
            .first()
        )
        if member is not None:
            where = member.school.name if member.school else district.name
            say(f"  {role.label}: {member.user.name}, {where}\n    {public}{make(member.user)}")
    say(f"The families’ phones, mailboxes and letters are at {street}")
    say("Ctrl-C stops it all.")
    children = [server, *workers(env, logs / "worker.log")]

    def tick() -> None:
        each_second()

    Supervisor(children, say).run(tick)
    say("Stopped.")
