"""A step, a visit, a plan and days away for the pages' tests: Emily's family, and Mrs. C's to do."""

from datetime import timedelta

from bothways.core import clock
from bothways.outreach.enums import Place, TaskKind
from bothways.outreach.models import Away, FamilyPlan, GoBetween, Task, Visit
from bothways.outreach.services import plans, tasks, visits
from bothways.outreach.services.hours import go_away
from people import Cast


def step(cast: Cast, kind: TaskKind = TaskKind.VISIT, **given: object) -> Task:
    values: dict[str, object] = {
        "household": cast.emilys_home,
        "kind": kind,
        "by": None,
        "owner": cast.mrs_c,
        "due": clock.today(cast.district.timezone),
        "why": "Letters and calls gave no sign",
    }
    return tasks.open_task(**{**values, **given})  # type: ignore[arg-type]


def going(cast: Cast, task: Task | None = None, **given: object) -> Visit:
    values: dict[str, object] = {
        "task": task or step(cast),
        "visitor": cast.mrs_c,
        "companion": cast.counselor,
        "agreed": False,
        "agreed_how": "A letter went on Friday",
        "place": Place.HOME,
        "place_words": "The green gate",
        "planned_at": clock.now() + timedelta(minutes=30),
        "minutes": 45,
        "safety_asked": True,
        "safety_note": "Two dogs behind the fence",
        "by": cast.mrs_c,
    }
    return visits.plan_visit(**{**values, **given})  # type: ignore[arg-type]


def plan(cast: Cast) -> FamilyPlan:
    return plans.open_plan(household=cast.emilys_home, owner=cast.mrs_c, by=cast.mrs_c)


def aunt(cast: Cast) -> GoBetween:
    return plans.trust(
        plan=plan(cast),
        name="Aunt Jo",
        how="Comes on Sundays",
        may_say="Mrs. C would be glad to talk, and it is good news",
        by=cast.mrs_c,
    )


def away(cast: Cast) -> Away:
    today = clock.today(cast.district.timezone)
    return go_away(user=cast.mrs_c, first=today, last=today, stand_in=cast.counselor, by=cast.mrs_c)
