"""``bothways reach``: who is reached, who is not, why, and what next."""

from datetime import date, datetime, time
from typing import Any

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say, table


@click.command(short_help="Who is reached, who is not, why, and what to do next.")
@click.option("--school", "school_id", help="roster id of one school")
@click.option(
    "--since", help="first day of the period, like 2026-09-01; default: the term's first day"
)
@click.option("--district", "district_id", help="its roster id, where there are several")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def reach(school_id: str | None, since: str | None, district_id: str | None, as_json: bool) -> None:
    """Every family counts: who is reached (seen or better), who is not, and the next step for each."""
    day = _day(since)
    with installation():
        from bothways.commands.districts import the_district

        district = the_district(district_id)
        result = figures(district, school_id=school_id, since=day)
    if as_json:
        put(result)
        return
    say(summary(result))


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unusable(f"“{text}” is no date like 2026-09-01.") from None


def figures(district: Any, *, school_id: str | None, since: date | None) -> dict[str, Any]:
    """The contract's object for a district or one of its schools."""
    from bothways.core import clock
    from bothways.outreach.queries import next_steps
    from bothways.people.models import Student
    from bothways.reach.queries import period_start, report

    students = Student.objects.filter(district=district)
    if school_id is not None:
        if not district.schools.filter(sis_id=school_id).exists():
            raise Unusable(f"There is no school “{school_id}” in {district.name}.")
        students = students.filter(school__sis_id=school_id)
    now = clock.now()
    start = (
        datetime.combine(since, time.min, district.zone) if since else period_start(district, now)
    )
    found = report(district, students=students, since=start, now=now)
    steps = next_steps(district, found.rows, since=start, now=now)
    return {
        "families": found.families,
        "levels": found.levels,
        "students": found.students,
        "students_two_way": found.students_two_way,
        "reached": found.reached,
        "unreached": [
            {
                "family": row.household_id,
                "students": list(row.students),
                "reason": row.reason,
                "next_step": {
                    "what": step.what,
                    "channel": step.channel.value,
                    "owner": step.owner_name,
                    "due": step.due.isoformat(),
                },
            }
            for row in found.unreached
            for step in [steps[row.household_id]]
        ],
    }


def summary(result: dict[str, Any]) -> str:
    """The same in words, with denominators."""
    from collections import Counter

    families = result["families"]
    lines = [
        f"{result['reached']} of {families} families reached; "
        f"{result['students_two_way']} of {result['students']} students in two-way contact.",
        table([(level.lower(), f"{n} of {families}") for level, n in result["levels"].items()]),
    ]
    reasons = Counter(row["reason"] for row in result["unreached"])
    if reasons:
        lines += [f"Not reached: {len(result['unreached'])} families, because"]
        lines += [table([(reason.label, str(n)) for reason, n in reasons.most_common()])]
    return "\n".join(lines)
