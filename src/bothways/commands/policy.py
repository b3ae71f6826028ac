"""``bothways policy``: how far to climb for which purpose, as this district wants it."""

import json
from pathlib import Path
from typing import Any

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say


@click.command(short_help="How far to climb when a family gave no sign yet.")
@click.argument("purpose", required=False)
@click.option("--district", "district_id", help="the district’s id, where there are several")
@click.option(
    "--file",
    "given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a JSON file with the policy for this purpose",
)
@click.option("--use", "name", help="a whole set: default, text_and_email, text_call_nothing")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def policy(
    purpose: str | None,
    district_id: str | None,
    given: Path | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Show the policy of a purpose (or of all), or change it.

    A policy names the evidence that is enough, the ways that the machine may try with the minutes that it
    waits at each, and the steps that people take after that.
    """
    with installation():
        from bothways.commands.districts import the_district
        from bothways.outreach.models import PolicyChoice
        from bothways.outreach.policies import POLICY_SETS, PURPOSES, UnusablePolicy
        from bothways.outreach.services.policies import choose_policy, use

        district = the_district(district_id)
        if purpose is not None and purpose not in PURPOSES:
            raise Unusable(f"“{purpose}” is no purpose. There are: {', '.join(PURPOSES)}.")
        if name is not None:
            if name not in POLICY_SETS:
                raise Unusable(f"“{name}” is no set. There are: {', '.join(POLICY_SETS)}.")
            use(district, name)
        if given is not None:
            if purpose is None:
                raise Unusable("Say for which purpose: bothways policy personal --file FILE.")
            try:
                choose_policy(district=district, purpose=purpose, values=_read(given), by=None)
            except UnusablePolicy as error:
                raise Unusable(str(error)) from error
        own = dict(PolicyChoice.objects.filter(district=district).values_list("purpose", "values"))
    shown = {
        one: own.get(one, POLICY_SETS["default"][one])
        for one in ([purpose] if purpose else PURPOSES)
    }
    if as_json:
        put(shown)
        return
    for one, values in shown.items():
        say(f"{one}{' (this district’s own)' if one in own else ''}:")
        say(json.dumps(values, indent=2, ensure_ascii=False))


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"{path.name} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise Unusable(f"{path.name} is no JSON object.")
    return values
