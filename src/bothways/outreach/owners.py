"""Whose step it is: the child's teacher, the school's office, its principal; fairly, and never nobody's."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import Count

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
_ORDER = {
    "teacher": (Role.COUNSELOR, Role.OFFICE, Role.PRINCIPAL),
    "office": (Role.OFFICE, Role.PRINCIPAL),
    "principal": (Role.PRINCIPAL, Role.OFFICE),
}


class Owners:
    """Everybody who could take a step for these households; a fixed number of queries."""

    def __init__(self, district: District, households: Sequence[int]) -> None:
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
        for role, at, user in (
            Membership.objects.filter(district=district, ended_at=None, user__is_active=True)
            .order_by("user_id")
            .values_list("role", "school_id", "user_id")
        ):
            self.by_role[(role, at)].append(user)
        self.load: dict[int, Counter[date]] = defaultdict(Counter)
        for user, due, count in (
            Task.objects.filter(district=district, state=TaskState.OPEN.value, owner__isnull=False)
            .values_list("owner_id", "due")
            .annotate(n=Count("pk"))
        ):
            self.load[user][due] = count
        self.weekdays: dict[int, set[int]] = defaultdict(set)
        for user, weekday in StaffHours.objects.filter(district=district).values_list(
            "user_id", "weekday"
        ):
            self.weekdays[user].add(weekday)
        self.away: dict[int, list[tuple[date, date]]] = defaultdict(list)
        for user, first, last in Away.objects.filter(district=district).values_list(
            "user_id", "first", "last"
        ):
            self.away[user].append((first, last))

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
