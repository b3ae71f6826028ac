"""What cases put on other pages of the staff side: on Today, and on the page of a family."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.cases.enums import Kind
from bothways.cases.goal_queries import alarms_of
from bothways.cases.queries import ToTap, alerts_of, cases_for, news_from_home, to_tap
from bothways.core import clock
from bothways.web.staff.family import Family

MOST = 8


def today_section(user: User) -> dict[str, Any]:
    """News from home, numbers to give with one tap, and words of danger of which this person was told."""
    assert user.district is not None
    today = clock.today(user.district.timezone)
    return {
        "taps": [(tap, _buttons(tap), _days(tap, today)) for tap in to_tap(user, today)[:MOST]],
        "news": news_from_home(user)[:MOST],
        "alerts": alerts_of(user),
        "alarms": alarms_of(user),
    }


def _buttons(tap: ToTap) -> list[tuple[str, str]]:
    """(number, what stands on the button); none where a number is typed."""
    kind = Kind(tap.measure.kind)
    if kind is Kind.YES_NO:
        return [("1", _("Yes")), ("0", _("No"))]
    if kind is Kind.PERCENT:
        return []
    least, most = (1, 5) if kind is Kind.RATING else (0, 5)
    return [(str(n), str(n)) for n in range(least, most + 1)]


def _days(tap: ToTap, today: date) -> Sequence[tuple[date, str]]:
    return [(day, _("today") if day == today else date_format(day, "l, M j")) for day in tap.days]


def family_section(user: User, family: Family) -> dict[str, Any] | None:
    """The cases of this family's children in which the reader works, and the way to begin one."""
    if not user.can(Permission.CASES):
        return None
    children = family.students
    return {
        "cases": list(
            cases_for(user).filter(student__in=children).order_by("closed_at", "-opened_at")[:MOST]
        ),
        "children": children if family.rights.write else [],
    }
