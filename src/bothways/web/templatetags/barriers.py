"""What a page can offer to note in one tap."""

from typing import Any

from django import template
from django.http import HttpRequest

from bothways.accounts.models import User
from bothways.barriers.models import FamilyBarrier
from bothways.barriers.queries import catalogue
from bothways.web.staff.barriers import Tap, tap_of

register = template.Library()


@register.simple_tag(takes_context=True)
def barrier_tap(context: dict[str, Any], home: int) -> Tap | None:
    """What may be noted for this family; three queries, and the catalogue's two once a page."""
    request: HttpRequest = context["request"]
    user = request.user
    if not isinstance(user, User) or user.district is None:
        return None
    district = user.district
    known = user.once("barriers", lambda: catalogue(district))
    open_ = FamilyBarrier.objects.filter(district=district, household=home, ended_at=None)
    return tap_of(known, set(open_.values_list("code", flat=True)))
