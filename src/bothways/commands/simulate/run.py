"""One policy on one town, from the first morning to the last evening."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, Q

from bothways.commands.demo_district.messages import WELCOME, welcome
from bothways.commands.reach import figures
from bothways.commands.simulate import costs
from bothways.commands.simulate.authors import Writes, schools_of
from bothways.commands.simulate.calendar import plan, school_days
from bothways.commands.simulate.district_files import lines, read
from bothways.commands.simulate.judge import Claim, Judge, count_by_day
from bothways.commands.simulate.staff import Staff
from bothways.commands.simulate.words import marked
from bothways.commands.simulation.driver import Driver
from bothways.commands.simulation.office import Office
from bothways.commands.simulation.stage import Stage, progress, welcome_all
from bothways.commands.words import say
from bothways.core.home import clock_file
from bothways.messaging.models import Delivery
from bothways.outreach.models import PersonContact, Task
from bothways.outreach.services.policies import use
from bothways.people.models import Household
from bothways.schools.models import ClosedDay

STEP = timedelta(minutes=15)  # coarser than the demo's: weeks, not days
_TWO_WAY = ("ANSWERED", "MET")


@dataclass(slots=True)
class Outcome:
    """What came of a policy."""

    families: int
    days: list[dict[str, Any]]
    broken: dict[str, list[Any]]  # invariant → what broke it
    seconds: Mapping[str, float]

    @property
    def invariants(self) -> dict[str, int]:
        """How often each was broken."""
        return {name: len(found) for name, found in self.broken.items()}

    def summary(self) -> dict[str, Any]:
        """The contract's object for a policy."""
        last = self.days[-1]["levels"]
        channels: Counter[str] = Counter()
        for day in self.days:
            channels.update(day["contacts"])
        reached = sum(last[level] for level in ("SEEN", *_TWO_WAY))
        contacts = channels.total()
        minutes = sum(sum(day["staff_minutes"].values()) for day in self.days)
        return {
            "families": self.families,
            "delivered": reached + last["DELIVERED"],
            "reached": reached,
            "two_way": sum(last[level] for level in _TWO_WAY),
            "contacts": contacts,
            "contacts_by_channel": dict(sorted(channels.items())),
            "staff_minutes": minutes,
            "cost": round(sum(day["cost"] for day in self.days), 2),
            "contacts_per_reached": round(contacts / reached, 2) if reached else None,
            "staff_minutes_per_reached": round(minutes / reached, 2) if reached else None,
        }


@dataclass(slots=True)
class _Evenings:
    """At the end of each day: what ``reach`` says."""

    stage: Stage
    begins: Sequence[datetime]
    found: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, now: datetime) -> datetime | None:
        self.look()
        later = [begin for begin in self.begins[1:] if begin > now]
        return later[0] if later else None

    def look(self) -> None:
        self.found.append(figures(self.stage.district, school_id=None, since=None))


@dataclass(frozen=True, slots=True)
class _Paper:
    """The office sees to its paper, and its minutes are counted."""

    office: Office
    staff: Staff

    def __call__(self, now: datetime) -> datetime:
        day = now.astimezone(self.staff.district.zone).date()
        self.staff.note(day, "handover", self.office.hand_over(now))
        self.staff.note(day, "slip", self.office.open_mail(now))
        return self.office.after(now)


def run(
    stage: Stage,
    *,
    policy: str,
    days: int,
    seed: int,
    bundled: bool,
    roster: Path,
    overlay: Mapping[str, Any],
    sandbox: Path,
) -> Outcome:
    """Let so many school days pass under this policy, and judge what happened."""
    district, zone, start = stage.district, stage.district.zone, stage.start
    use(district, policy)
    closed = ClosedDay.objects.filter(district=district, school=None)
    calendar = school_days(
        start.astimezone(zone).date(), days, closed.values_list("day", flat=True)
    )
    end = datetime.combine(calendar[-1] + timedelta(days=1), time(), zone)
    begins = [start, *(datetime.combine(day, time(), zone) for day in calendar[1:])]

    driver = Driver(
        district=district,
        town=stage.town,
        clock_file=clock_file(stage.home),
        now=start,
        progress=progress(start, end),
        step=STEP,
    )
    office = Office(district, stage.town)
    staff = Staff(district, stage.town, frozenset(calendar), office.user)
    evenings = _Evenings(stage, begins)
    driver.put_stops(stage.later)
    driver.put(office.after(start), _Paper(office, staff))
    first_round = staff.after(start)
    if first_round is not None:
        driver.put(first_round, staff)
    if len(begins) > 1:
        driver.put(begins[1], evenings)
    schools = schools_of(district)
    for item in plan(seed=seed, place=district.name, schools=schools, days=calendar, zone=zone):
        driver.put(item.at, Writes(district, item))

    welcome_all(district, marked(WELCOME if bundled else welcome(district.name), 1))
    driver.run(end)
    evenings.look()
    if sys.stderr.isatty():
        say()
    _keep(sandbox / "reach.jsonl", calendar, evenings.found)
    contacts = lines(sandbox / "contacts.jsonl")
    judge = Judge(
        files=read(roster, overlay),
        contacts=contacts,
        events=lines(sandbox / "events.jsonl"),
        reach=evenings.found,
        claims=claims(stage),
    )
    return Outcome(
        families=Household.objects.filter(district=district, ended_at=None).count(),
        days=[
            _day(day, reach, of_day, staff.spent)
            for day, reach, of_day in zip(
                calendar, evenings.found, count_by_day(contacts, begins), strict=True
            )
        ],
        broken=judge.broken(),
        seconds=driver.seconds,
    )


def claims(stage: Stage) -> dict[str, Claim]:
    """What the product says went out: deliveries by key, and what its people did by task.

    Words that went along in a digest are no contact of their own.
    """
    own = Delivery.objects.filter(district=stage.district).filter(
        Q(digest=None) | Q(digest=F("pk"))
    )
    found = {
        key: Claim(channel, state)
        for key, channel, state in own.values_list("key", "channel", "state")
    }
    noted = PersonContact.objects.filter(district=stage.district)
    tasks = Task.objects.filter(contact__in=noted).values_list("pk", "contact__way")
    found |= {
        str(pk): Claim(way, "accepted" if way != "handover" else "delivered") for pk, way in tasks
    }
    return found


def _day(
    day: date,
    reach: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    spent: Mapping[date, Counter[str]],
) -> dict[str, Any]:
    channels = Counter(contact["channel"] for contact in contacts)
    minutes = Counter(spent.get(day, {}))
    minutes["letter"] += channels["letter"] * costs.MINUTES["letter"]
    return {
        "date": day.isoformat(),
        "levels": dict(reach["levels"]),
        "contacts": dict(sorted(channels.items())),
        "staff_minutes": {kind: n for kind, n in sorted(minutes.items()) if n},
        "cost": round(sum(costs.cost(contact) for contact in contacts), 4),
    }


def _keep(path: Path, calendar: Sequence[date], found: Sequence[Mapping[str, Any]]) -> None:
    """What the product said each evening, beside what reached people."""
    with path.open("w", encoding="utf-8") as file:
        for day, reach in zip(calendar, found, strict=True):
            line = {"date": day.isoformat(), **reach}
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
