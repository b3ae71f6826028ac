"""What a page can show of what a family told, before somebody speaks with it."""

from typing import Any

from django import template
from django.http import HttpRequest

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.people.models import Household
from bothways.web.staff.family import rights
from bothways.web.staff.scope import children_of, homes_of
from bothways.web.staff.welcome_told import Shown, told

register = template.Library()


@register.simple_tag(takes_context=True)
def told_before(context: dict[str, Any], home: object) -> list[Shown]:
    """Up to three answers that this user may read of this family; five queries at the most."""
    request: HttpRequest | None = context.get("request")
    user = getattr(request, "user", None)
    typed = str(home or "")
    if not isinstance(user, User) or not (
        typed.isascii() and typed.isdecimal() and len(typed) < 18
    ):
        return []
    family: Household | None = (
        homes_of(user).select_related("district").filter(pk=int(typed)).first()
    )
    if family is None:
        return []
    students = list(children_of(user).filter(homes__household=family))
    found = told(
        user,
        family,
        students,
        protected=rights(user, students).protected,
        names=[name for s in students for name in (s.given, s.family) if name],
    ).first
    if found:
        record("family.seen", family, by=user.pk, district=family.district_id)
    return found
