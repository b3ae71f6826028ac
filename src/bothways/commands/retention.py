"""``bothways retention``: what is kept how long; shows, sets, tries and does it."""

from typing import TYPE_CHECKING, Any

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say

if TYPE_CHECKING:
    from datetime import datetime

    from bothways.core.retention import Rule
    from bothways.schools.models import District


@click.command(short_help="What is kept how long, and then deleted or emptied.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="RULE=DAYS",
    help="DAYS: a number, “keep”, or “default”; may be given again",
)
@click.option("--district", "district_id", help="set or show it for this district alone")
@click.option("--dry-run", is_flag=True, help="count what would go, and change nothing")
@click.option("--now", is_flag=True, help="let go at once of what is too old")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def retention(
    settings: tuple[str, ...], district_id: str | None, dry_run: bool, now: bool, as_json: bool
) -> None:
    """Show what is kept how long, and set what is given. Every night what is too old goes."""
    if dry_run and now:
        raise Unusable("Choose one: --dry-run counts what would go, --now lets it go.")
    if dry_run and settings:
        raise Unusable("--dry-run changes nothing, --set does. Give one of the two.")
    with installation():
        from django.db import transaction

        from bothways.commands.districts import the_district

        district = the_district(district_id) if district_id else None
        with transaction.atomic():
            for pair in settings:
                _set(pair, district)
        rows: dict[str, int] | None = None
        failed = False
        if dry_run:
            rows, failed = _tried()
        elif now:
            rows, failed = _done()
        found = _found(district, rows)
        put(found) if as_json else _show(found)
        if failed:
            raise click.ClickException("Some rules could not be carried out: see the log.")


def _set(pair: str, district: "District | None") -> None:
    from bothways.audit.services import record
    from bothways.upkeep.retention import Unfit, set_days, unset_days

    name, _, words = pair.partition("=")
    rule = _rule(name.strip())
    number = district.pk if district else None
    days: int | None = None
    words = words.strip()
    try:
        if words == "default":
            unset_days(rule, district_id=number)
        elif words == "keep":
            set_days(rule, None, district_id=number)
        elif words.isascii() and words.isdigit():
            days = int(words)
            set_days(rule, days, district_id=number)
        else:
            raise Unfit(f"“{words}” is no number of days, nor “keep” or “default”.")
    except Unfit as error:
        raise Unusable(str(error)) from error
    kept = words if words in ("keep", "default") else str(days)
    record("retention.set", by=None, district=number, rule=rule.name, days=kept)


def _rule(name: str) -> "Rule":
    from bothways.upkeep.retention import rules

    known = {rule.name: rule for rule in rules()}
    if name not in known:
        raise Unusable(f"There is no rule “{name}”. There are: {', '.join(known)}.")
    return known[name]


def _tried() -> tuple[dict[str, int], bool]:
    from bothways.upkeep.retention import carry_out

    rows: dict[str, int] = {}
    failed = False
    for outcome in carry_out(_periods(), dry=True):
        rows[outcome.rule] = rows.get(outcome.rule, 0) + outcome.rows
        failed |= outcome.failed
    return rows, failed


def _done() -> tuple[dict[str, int], bool]:
    from bothways.upkeep.services import clear_old

    run = clear_old(_periods())
    assert run is not None  # by hand there is nobody who could have begun it before
    return dict(run.counts), not run.ok


def _periods() -> "dict[int, datetime]":
    """When the current period of reach began, by district: nothing that it counts is touched."""
    from bothways.core import clock
    from bothways.reach.queries import period_start
    from bothways.schools.models import District

    return {d.pk: period_start(d, clock.now()) for d in District.objects.all()}


def _found(district: "District | None", rows: dict[str, int] | None) -> dict[str, Any]:
    from bothways.upkeep.retention import days_of, rules

    found = []
    for rule in rules():
        days = days_of(rule, district.pk if district else None)
        found.append(
            {
                "rule": rule.name,
                "what": rule.what,
                "effect": rule.effect.value,
                "days": days.days,
                "set_for": days.set_for,
                "default": rule.days,
                "least": rule.least,
                "by_district": rule.by_district,
                "rows": None if rows is None else rows.get(rule.name, 0),
            }
        )
    return {"district": district.sis_id if district else None, "rules": found}


def _show(found: dict[str, Any]) -> None:
    for rule in found["rules"]:
        kept = "kept" if rule["days"] is None else f"{rule['days']} days, then {rule['effect']}"
        mark = "" if rule["set_for"] == "default" else f" (set for this {rule['set_for']})"
        rows = "" if rule["rows"] is None else f"  {rule['rows']} rows or files"
        say(f"  {rule['rule']:<20} {kept:<22}{mark}{rows}")
        say(f"  {'':<20} {rule['what']}")
