"""Set-up: how far to climb for a family that gave no sign yet, for each purpose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.channels.enums import Channel
from bothways.outreach.enums import REACHING_OUT, TaskKind
from bothways.outreach.models import PolicyChoice
from bothways.outreach.policies import POLICY_SETS, PURPOSES, REACH, Policy, UnusablePolicy, read
from bothways.outreach.services.policies import choose_policy, give_back, policies_of
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.words import CHANNELS, LEVELS

TITLES: Mapping[str, Promise] = {
    "emergency": gettext_lazy("An emergency"),
    "timely": gettext_lazy("Something that cannot wait"),
    "personal": gettext_lazy("A word about one child"),
    "routine": gettext_lazy("Routine news"),
    REACH: gettext_lazy("A family with whom there is no contact yet"),
}
TASKS: Mapping[str, Promise] = {
    "call": gettext_lazy("Call them"),
    "visit": gettext_lazy("Visit, in a pair"),
    "handover": gettext_lazy("Hand something over"),
    "go_between": gettext_lazy("Ask somebody they trust"),
    "neutral_place": gettext_lazy("Meet at another place"),
}
_ENOUGH = ("delivered", "seen", "answered", "met")
_MOST_HOURS = 60 * 24


@dataclass(frozen=True, slots=True)
class Step:
    what: Promise
    how_long: str
    person: bool


@dataclass(frozen=True, slots=True)
class Shown:
    purpose: str
    title: Promise
    own: bool
    enough: Promise
    climbs: bool
    steps: list[Step]
    worth: str


class PolicyForm(forms.Form):
    """One purpose: what is enough, how long each way may take, and what people do after that."""

    enough = forms.ChoiceField(
        choices=[(level, LEVELS[level.upper()]) for level in _ENOUGH],
        label=gettext_lazy("It is enough when it was"),
    )
    worth = forms.FloatField(
        required=False,
        min_value=0.5,
        max_value=_MOST_HOURS,
        label=gettext_lazy("After so many hours it is not worth more"),
        help_text=gettext_lazy("Empty: for as long as it takes."),
    )

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "enough": policy.enough.name.lower(),
            "worth": _hours(policy.worth) if policy.worth else None,
        }
        for channel in Channel:
            wait = policy.waits.get(channel)
            self.fields[f"wait_{channel}"] = forms.FloatField(
                required=False,
                min_value=0.1,
                max_value=_MOST_HOURS,
                label=str(CHANNELS[channel.value]).capitalize(),
                initial=_hours(wait) if wait is not None else None,
            )
        for kind in REACHING_OUT:
            self.fields[f"person_{kind}"] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=60,
                label=str(TASKS[kind.value]),
                initial=policy.days.get(kind, 5) if kind in policy.people else None,
            )

    def ways(self) -> list[forms.BoundField]:
        return [self[f"wait_{channel}"] for channel in Channel]

    def people(self) -> list[forms.BoundField]:
        return [self[f"person_{kind}"] for kind in REACHING_OUT]

    def values(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """As a policy is kept; what has no field here stays as it was."""
        cleaned = self.cleaned_data
        waits = {
            channel.value: max(1, round(cleaned[f"wait_{channel}"] * 60))
            for channel in Channel
            if cleaned[f"wait_{channel}"] is not None
        }
        people = [kind for kind in REACHING_OUT if cleaned[f"person_{kind}"] is not None]
        order = [TaskKind(name) for name in before.get("people", [])]
        people.sort(key=lambda kind: order.index(kind) if kind in order else len(order))
        values = {
            **before,
            "climbs": bool(waits or people),
            "enough": cleaned["enough"],
            "waits": waits,
            "people": [kind.value for kind in people],
            "days": {kind.value: cleaned[f"person_{kind}"] for kind in people},
            "tries": {
                name: count for name, count in before.get("tries", {}).items() if name in waits
            },
        }
        values.pop("worth", None)
        if cleaned["worth"] is not None:
            values["worth"] = round(cleaned["worth"] * 60)
        return values


@require_safe
@staff(Permission.SETUP)
def policies(request: StaffRequest) -> HttpResponse:
    own = set(
        PolicyChoice.objects.filter(district=request.district).values_list("purpose", flat=True)
    )
    held = policies_of(request.district)
    shown = [_shown(purpose, held[purpose], purpose in own) for purpose in (REACH, *PURPOSES[:-1])]
    return render(request, "staff/set_up/policies.html", {"shown": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def policy(request: StaffRequest, purpose: str) -> HttpResponse:
    if purpose not in PURPOSES:
        raise Http404
    own = PolicyChoice.objects.filter(district=request.district, purpose=purpose).first()
    before: Mapping[str, Any] = own.values if own else POLICY_SETS["default"][purpose]
    held = read(purpose, before)
    if request.method == "POST" and request.POST.get("what") == "ours":
        give_back(district=request.district, purpose=purpose, by=request.user.pk)
        messages.success(request, _("The policy that Bothways brings along holds again."))
        return redirect("policies")
    form = PolicyForm(request.POST if request.method == "POST" else None, policy=held)
    if request.method == "POST" and form.is_valid():
        try:
            choose_policy(
                district=request.district,
                purpose=purpose,
                values=form.values(before),
                by=request.user.pk,
            )
        except UnusablePolicy as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("It holds from now on, also for what is under way."))
            return redirect("policies")
    return render(
        request,
        "staff/set_up/policy.html",
        {"purpose": purpose, "title": TITLES[purpose], "form": form, "own": own is not None},
        status=422 if form.errors else 200,
    )


def _shown(purpose: str, policy: Policy, own: bool) -> Shown:
    steps = [
        Step(CHANNELS[channel.value], _span(wait), False) for channel, wait in policy.waits.items()
    ]
    for kind in policy.people:
        days = policy.days.get(kind, 0)
        within = (
            ngettext("within %(n)d school day", "within %(n)d school days", days) % {"n": days}
            if days
            else _("the same day")
        )
        steps.append(Step(TASKS[kind.value], within, True))
    return Shown(
        purpose=purpose,
        title=TITLES[purpose],
        own=own,
        enough=LEVELS[policy.enough.name],
        climbs=policy.climbs and bool(steps),
        steps=steps,
        worth=_span(policy.worth) if policy.worth else "",
    )


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 2)


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120 and minutes % 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    if hours < 48 and hours % 24:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
