"""“You said, we did” on the page of a family: what of theirs is still owed."""

from typing import Any

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.feedback.queries import items_for
from bothways.web.staff.family import Family
from bothways.web.staff.feedback import rows_of

MOST = 6


def section(user: User, family: Family) -> dict[str, Any] | None:
    """The open items of this home that this user may read, the soonest due first; four queries."""
    if not user.can(Permission.INBOX_ANSWER):
        return None
    items = list(
        items_for(user)
        .filter(household=family.home, closed_at=None)
        .order_by("due_on", "pk")[: MOST + 1]
    )
    if not items:
        return None
    today = clock.today(family.home.district.timezone)
    return {"rows": rows_of(user, items[:MOST], today), "more": len(items) > MOST}
