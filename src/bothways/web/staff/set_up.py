"""All rooms in which the school is set up, with a sentence each."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from bothways.accounts.enums import Permission
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.first_steps import first_steps
from bothways.web.staff.rooms import set_up_rooms


@dataclass(frozen=True, slots=True)
class Shown:
    label: Promise
    about: Promise | str
    url: str


@require_safe
@staff(None)
def set_up(request: StaffRequest) -> HttpResponse:
    found = set_up_rooms(request.user)
    if not found:
        raise PermissionDenied
    shown = [Shown(entry.label, entry.about, reverse(entry.name)) for entry in found]
    steps = first_steps(request.district) if request.user.can(Permission.SETUP) else []
    done = sum(step.done for step in steps)
    return render(
        request,
        "staff/set_up/set_up.html",
        {"shown": shown, "steps": steps, "steps_done": done, "steps_all": len(steps)},
    )
