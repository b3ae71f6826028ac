"""``bothways district``: what a district and its schools are like, as far as no roster says it."""

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import say, table


@click.command(short_help="Quiet hours, days off, duty persons, school addresses.")
@click.option("--quiet", metavar="FROM-UNTIL", help="no texts then, like 20:30-07:00")
@click.option(
    "--digest", metavar="DAY HH:MM", help='routine news together, like "thursday 16:00"; or off'
)
@click.option("--routine-per-week", type=click.IntRange(1, 7), help="to one address, at most")
@click.option("--language", help="of the district, for families nobody asked yet")
@click.option("--timezone", help="like America/New_York")
@click.option("--phone", help="of the district, on letters of several schools")
@click.option(
    "--emergencies-pass-stops",
    type=click.Choice(["yes", "no"]),
    help="whether an emergency may go to a number that said stop",
)
@click.option(
    "--closed",
    multiple=True,
    metavar="DATE=WHY",
    help="a day without school, like 2026-11-26=Thanksgiving",
)
@click.option(
    "--duty", multiple=True, metavar="EMAIL", help="who is told at once of words of danger"
)
@click.option("--school", "school_id", help="roster id of the school that the next three speak of")
@click.option("--school-address", help="its lines, divided by “;”, as on an envelope")
@click.option("--school-phone", help="as people write it")
@click.option("--school-email", help="where answers to its emails go")
@click.option("--district", "district_id", help="its roster id, where there are several")
def district(**given: Any) -> None:
    """Show what is set, and set what is given. --closed and --duty count for --school, if it is given."""
    with installation():
        from django.db import transaction

        from bothways.commands.districts import the_district

        found = the_district(given["district_id"])
        with transaction.atomic():
            school = _school(found, given)
            _set(found, given)
            _closed(found, school, given["closed"])
            _duty(found, school, given["duty"])
        _show(found)


def _school(district: Any, given: dict[str, Any]) -> Any:
    named = given["school_id"]
    wanted = {
        k: given[f"school_{k}"] for k in ("address", "phone", "email") if given[f"school_{k}"]
    }
    if not named:
        if wanted:
            raise Unusable("Say which school: --school ID.")
        return None
    school = district.schools.filter(sis_id=named).first()
    if school is None:
        known = ", ".join(district.schools.values_list("sis_id", flat=True)[:10])
        raise Unusable(f"There is no school “{named}” in {district.name}. There are: {known}.")
    for name, value in wanted.items():
        lines = "\n".join(line.strip() for line in value.split(";")) if name == "address" else value
        setattr(school, name, lines)
    if wanted:
        school.save(update_fields=list(wanted))
    return school


def _set(district: Any, given: dict[str, Any]) -> None:
    from bothways.languages.codes import normalise

    if given["quiet"]:
        try:
            start, end = (time.fromisoformat(t.strip()) for t in given["quiet"].split("-"))
        except ValueError:
            raise Unusable(f"“{given['quiet']}” are no hours like 20:30-07:00.") from None
        district.quiet_from, district.quiet_until = start, end
    if given["digest"]:
        district.digest_day, district.digest_at = _digest(given["digest"], district.digest_at)
    if given["routine_per_week"]:
        district.routine_per_week = given["routine_per_week"]
    if given["language"]:
        tag = normalise(given["language"])
        if tag is None:
            raise Unusable(f"“{given['language']}” is no language.")
        district.default_language = tag
    if given["timezone"]:
        try:
            ZoneInfo(given["timezone"])
        except (ZoneInfoNotFoundError, ValueError):
            raise Unusable(
                f"“{given['timezone']}” is no time zone like America/New_York."
            ) from None
        district.timezone = given["timezone"]
    if given["phone"]:
        district.phone = given["phone"]
    if given["emergencies_pass_stops"]:
        district.emergencies_pass_stops = given["emergencies_pass_stops"] == "yes"  # noqa: S105 - no password
    district.save()


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _digest(typed: str, hour: time) -> tuple[int | None, time]:
    """The day of the week (None: no digest) and the hour."""
    day, _, at = typed.strip().lower().partition(" ")
    if day == "off":
        return None, hour
    try:
        return _DAYS.index(day), time.fromisoformat(at.strip()) if at else hour
    except ValueError:
        raise Unusable(f"“{typed}” is no day and hour like “thursday 16:00”.") from None


def _closed(district: Any, school: Any, days: tuple[str, ...]) -> None:
    from bothways.schools.models import ClosedDay

    for pair in days:
        text, _, why = pair.partition("=")
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise Unusable(f"“{text}” is no date like 2026-11-26.") from None
        ClosedDay.objects.update_or_create(
            district=district, school=school, day=day, defaults={"title": why or "No school"}
        )


def _duty(district: Any, school: Any, emails: tuple[str, ...]) -> None:
    from bothways.accounts.models import Duty, User

    for email in emails:
        user = User.objects.filter(district=district, email__iexact=email, is_active=True).first()
        if user is None:
            raise Unusable(f"Nobody in {district.name} has the address {email}.")
        Duty.objects.get_or_create(district=district, school=school, user=user)


def _show(district: Any) -> None:
    from bothways.accounts.models import Duty

    duties = Duty.objects.filter(district=district).select_related("user", "school")
    rows = [
        ("district", f"{district.name} ({district.sis_id})"),
        ("time zone", district.timezone),
        ("language", district.default_language),
        ("quiet hours", f"{district.quiet_from:%H:%M}-{district.quiet_until:%H:%M}"),
        (
            "digest",
            "off"
            if district.digest_day is None
            else f"{_DAYS[district.digest_day]} {district.digest_at:%H:%M}",
        ),
        ("routine contacts a week", str(district.routine_per_week)),
        ("emergencies pass stops", "yes" if district.emergencies_pass_stops else "no"),
        ("days without school", str(district.closed_days.count())),
        *((f"school {s.sis_id}", s.name) for s in district.schools.filter(ended_at=None)),
        *(
            ("on duty", f"{d.user.name}, {d.school.name if d.school else 'all schools'}")
            for d in duties
        ),
    ]
    say(table(rows))
