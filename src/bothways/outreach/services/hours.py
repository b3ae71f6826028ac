"""Staff hours, days away and stand-ins; who could take a step, with how much to do already."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date, time

from django.db import transaction
from django.db.models import Count

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.outreach.assigning import Candidate
from bothways.outreach.enums import TaskState
from bothways.outreach.models import Away, StaffHours, Task
from bothways.outreach.services.opening import NotPossible, must_be_here


@transaction.atomic
def set_hours(*, user: User, hours: Mapping[int, tuple[time, time]], by: User) -> None:
    """Keep on which weekdays (Monday is 0) somebody is at school and between which times."""
    for starts, ends in hours.values():
        if ends <= starts:
            raise NotPossible("The end lies before the beginning. Write 8:00 to 15:30.")
    StaffHours.objects.filter(user=user).delete()
    StaffHours.objects.bulk_create(
        StaffHours(
            district_id=user.district_id or 0, user=user, weekday=day, starts=starts, ends=ends
        )
        for day, (starts, ends) in sorted(hours.items())
    )
    record("hours.set", user, by=by.pk, district=user.district_id)


@transaction.atomic
def go_away(*, user: User, first: date, last: date, stand_in: User | None, by: User) -> Away:
    """Somebody is not there from one day to another; new steps go to others, a colleague sees the open ones."""
    if last < first:
        raise NotPossible("The last day lies before the first.")
    if stand_in is not None:
        must_be_here(stand_in, user.district_id or 0)
        if stand_in.pk == user.pk:
            raise NotPossible("Choose a colleague: nobody stands in for themselves.")
    away = Away.objects.create(
        district_id=user.district_id or 0, user=user, first=first, last=last, stand_in=stand_in
    )
    record("hours.away", away, by=by.pk, district=user.district_id)
    return away


@transaction.atomic
def come_back(*, away: Away, by: User) -> None:
    """These days away are not, or not any more."""
    record("hours.back", away, by=by.pk, district=away.district_id)
    away.delete()


def stand_ins(users: Collection[int], *, today: date) -> dict[int, User | None]:
    """Of these people those who are away today, with who stands in for them."""
    rows = (
        Away.objects.filter(user__in=users, first__lte=today, last__gte=today)
        .select_related("stand_in")
        .order_by("user_id", "pk")
    )
    found: dict[int, User | None] = {}
    for row in rows:
        found[row.user_id] = row.stand_in or found.get(row.user_id)
    return found


def candidates(users: Collection[int], *, today: date) -> dict[int, Candidate]:
    """These people as ``assigning.choose`` takes them; three queries whatever their number."""
    load = dict(
        Task.objects.filter(owner__in=users, state=TaskState.OPEN.value)
        .values_list("owner_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    days: dict[int, set[int]] = defaultdict(set)
    for user, weekday in StaffHours.objects.filter(user__in=users).values_list("user", "weekday"):
        days[user].add(weekday)
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for user, first, last in Away.objects.filter(user__in=users, last__gte=today).values_list(
        "user", "first", "last"
    ):
        away[user].append((first, last))
    return {
        user: Candidate(
            user_id=user,
            open_tasks=load.get(user, 0),
            weekdays=frozenset(days[user]) if user in days else None,
            away=tuple(sorted(away[user])) if user in away else (),
        )
        for user in users
    }


def loads(users: Collection[int], *, today: date) -> dict[int, Counter[date]]:
    """How much is due for each of these people on each day from today on; what is overdue counts today."""
    found: dict[int, Counter[date]] = {user: Counter() for user in users}
    for user, due, n in (
        Task.objects.filter(owner__in=users, state=TaskState.OPEN.value)
        .values_list("owner_id", "due")
        .annotate(n=Count("pk"))
        .order_by()
    ):
        if user is not None:
            found[user][max(due, today)] += n
    return found
