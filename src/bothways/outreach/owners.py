"""Whose step it is: the child's teacher, the school's office, its principal; fairly, and never nobody's."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from django.db.models import Count, Q

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership
from bothways.core.sql import among
from bothways.outreach.assigning import Candidate, choose, due_for
from bothways.outreach.enums import TaskState
from bothways.outreach.models import Task
from bothways.outreach.models.hours import Away, StaffHours
from bothways.people.models import Enrollment, HouseholdStudent
from bothways.schools.models import District

# As many steps as a person can take on a day besides what else they do.
PER_DAY = 6
# Whoever is not the child's teacher, nor speaks for the school: where school has hurt before.
ANOTHER = "another"
_ORDER = {
    ANOTHER: (Role.COUNSELOR, Role.OFFICE, Role.PRINCIPAL),
    "teacher": (Role.COUNSELOR, Role.OFFICE, Role.PRINCIPAL),
    "office": (Role.OFFICE, Role.PRINCIPAL),
    "principal": (Role.PRINCIPAL, Role.OFFICE),
}

_STEP_IN = sorted(
    {role.value for roles in _ORDER.values() for role in roles} | {Role.DISTRICT_ADMIN.value}
)


class Owners:
    """Everybody who could take a step for these households; a fixed number of queries.

    How much each has to do is read when a step is given, not where it is only shown.
    """

    def __init__(self, district: District, households: Sequence[int]) -> None:
        self.district = district
        self.children: dict[int, int] = {}
        self.schools: dict[int, list[int]] = defaultdict(list)
        for home, student, school in (
            HouseholdStudent.objects.filter(household__in=among(households), student__ended_at=None)
            .order_by("household_id", "student_id")
            .values_list("household_id", "student_id", "student__school_id")
        ):
            self.children.setdefault(home, student)
            if school and school not in self.schools[home]:
                self.schools[home].append(school)
        self.teachers: dict[int, list[int]] = defaultdict(list)
        for student, user in (
            Enrollment.objects.filter(
                student__in=among(self.children.values()),
                ended_at=None,
                section__ended_at=None,
                section__teaching__ended_at=None,
                section__teaching__user__is_active=True,
            )
            .values_list("student_id", "section__teaching__user_id")
            .distinct()
            .order_by("student_id", "section__teaching__user_id")
        ):
            self.teachers[student].append(user)
        self.by_role: dict[tuple[str, int | None], list[int]] = defaultdict(list)
        places = {pk for ids in self.schools.values() for pk in ids}
        for role, at, user in (
            # A district has thousands of teachers, and their classes are read above.
            Membership.objects.filter(
                Q(school=None) | Q(school__in=among(places)),
                district=district,
                ended_at=None,
                user__is_active=True,
                role__in=_STEP_IN,
            )
            .order_by("user_id")
            .values_list("role", "school_id", "user_id")
        ):
            self.by_role[(role, at)].append(user)

    @cached_property
    def load(self) -> dict[int, Counter[date]]:
        """By owner and day how many steps are open."""
        found: dict[int, Counter[date]] = defaultdict(Counter)
        for user, due, count in (
            Task.objects.filter(
                district=self.district, state=TaskState.OPEN.value, owner__isnull=False
            )
            .values_list("owner_id", "due")
            .annotate(n=Count("pk"))
        ):
            found[user][due] = count
        return found

    @cached_property
    def weekdays(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for user, weekday in StaffHours.objects.filter(district=self.district).values_list(
            "user_id", "weekday"
        ):
            found[user].add(weekday)
        return found

    @cached_property
    def away(self) -> dict[int, list[tuple[date, date]]]:
        found: dict[int, list[tuple[date, date]]] = defaultdict(list)
        for user, first, last in Away.objects.filter(district=self.district).values_list(
            "user_id", "first", "last"
        ):
            found[user].append((first, last))
        return found

    def able(self, household: int, role: str) -> list[int]:
        """Those whose step it is, the nearest to the child first in kind: one kind only."""
        teachers = self.teachers.get(self.children.get(household, 0), [])
        if role == "teacher" and teachers:
            return teachers
        places: list[int | None] = [*self.schools.get(household, []), None]
        for wanted in [*_ORDER[role], Role.DISTRICT_ADMIN]:
            for place in places:
                found = self.by_role.get((wanted.value, place))
                if found:
                    return found
        return teachers

    def give(
        self, household: int, role: str, due: date, closed: set[date]
    ) -> tuple[int | None, date]:
        """Who takes a step that is due then, and the day on which there is room for it; counted at once."""
        able = [self._loaded(user) for user in self.able(household, role)]
        who = choose(able, day=due)
        if who is None:
            return (able[0].user_id if able else None), due
        at = due_for(self.load[who], PER_DAY, due, closed, who=self._loaded(who))
        self.load[who][at] += 1
        return who, at

    def _loaded(self, user: int) -> Candidate:
        days = self.weekdays.get(user)
        return Candidate(
            user_id=user,
            open_tasks=self.load[user].total(),
            weekdays=frozenset(days) if days else None,
            away=tuple(self.away.get(user, ())),
        )
