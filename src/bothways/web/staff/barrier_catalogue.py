"""Set-up: what may stand in the way and what helps, as this district words it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.barriers import services
from bothways.barriers.catalogue import Barrier, Catalogue, bundled
from bothways.barriers.enums import Effect, Level
from bothways.barriers.queries import catalogue
from bothways.web.staff.barrier_words import EFFECTS, LEVELS
from bothways.web.staff.door import StaffRequest, staff


@dataclass(frozen=True, slots=True)
class Shown:
    barrier: Barrier
    changes: list[Promise]
    helps: list[str]


class BarrierForm(forms.Form):
    """One line: what stands in the way, what a person does, what the product changes, what helps."""

    words = forms.CharField(
        max_length=services.MOST_LABEL,
        label=gettext_lazy("What stands in the way"),
        help_text=gettext_lazy(
            "“Evenings are taken by work”, not “uninvolved”: never what people are."
        ),
    )
    level = forms.ChoiceField(
        choices=[(level.value, LEVELS[level]) for level in Level],
        label=gettext_lazy("Where it lies"),
    )
    advice = forms.CharField(
        required=False,
        max_length=services.MOST_ADVICE,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("For whoever calls, visits or meets"),
    )
    effects = forms.MultipleChoiceField(
        required=False,
        choices=[(effect.value, EFFECTS[effect]) for effect in Effect],
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What it changes for a family by itself"),
        help_text=gettext_lazy(
            "It takes ways away or puts others first. It never allows what a family or a court does not."
        ),
    )
    helps = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What helps"),
    )

    def __init__(self, *args: Any, known: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = self.fields["helps"]
        assert isinstance(helps, forms.MultipleChoiceField)
        helps.choices = [(one.code, one.words) for one in known.offered_solutions]
        for field in self.fields.values():
            setattr(field, "plain", True)  # noqa: B010 - the template's own mark, unknown to Django

    def wording(self, before: Barrier | None) -> services.Wording:
        cleaned = self.cleaned_data
        chosen = cleaned["helps"]
        # The order says what is offered first: as it was, and new ones after.
        old = [code for code in (before.helps if before else ()) if code in chosen]
        return services.Wording(
            level=Level(cleaned["level"]),
            words=cleaned["words"],
            advice=cleaned["advice"],
            effects=[Effect(name) for name in cleaned["effects"]],
            helps=[*old, *(code for code in chosen if code not in old)],
        )


class SolutionForm(forms.Form):
    words = forms.CharField(max_length=services.MOST_LABEL, label=gettext_lazy("What helps"))
    removes = forms.BooleanField(
        required=False,
        label=gettext_lazy("With it, nothing stands in the way any more"),
        help_text=gettext_lazy(
            "A ride does that: the family is reached as any other then. An interpreter does not: one comes "
            "each time."
        ),
    )
    retired = forms.BooleanField(required=False, label=gettext_lazy("We do not offer this"))


@require_safe
@staff(Permission.SETUP)
def barrier_catalogue(request: StaffRequest) -> HttpResponse:
    known = catalogue(request.district)
    shown = [
        Shown(
            barrier,
            [EFFECTS[effect] for effect in EFFECTS if effect in barrier.effects],
            [one.words for one in known.helps(barrier)],
        )
        for barrier in known.barriers.values()
    ]
    return render(
        request,
        "staff/set_up/barriers.html",
        {
            "groups": [
                (
                    LEVELS[level],
                    [s for s in shown if s.barrier.level is level and not s.barrier.retired],
                )
                for level in Level
            ],
            "retired": [one for one in shown if one.barrier.retired],
            "solutions": list(known.solutions.values()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def barrier_line(request: StaffRequest, code: str = "") -> HttpResponse:
    """Change a line or, without a code, add one; ``what=retire`` and ``what=ours`` besides."""
    known = catalogue(request.district)
    before = known.barriers.get(code)
    if code and before is None:
        raise Http404
    what = request.POST.get("what", "")
    if request.method == "POST" and before is not None and what in ("retire", "ours"):
        if what == "retire":
            services.retire_barrier(district=request.district, code=code, by=request.user)
            messages.success(request, _("It is offered no more. What is noted goes on to hold."))
        else:
            services.give_back(district=request.district, code=code, by=request.user)
            messages.success(request, _("It is offered again."))
        return redirect("barrier_catalogue")
    form = BarrierForm(
        request.POST if request.method == "POST" else None,
        known=known,
        initial=_initial(before),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.word_barrier(
                district=request.district,
                code=code or None,
                wording=form.wording(before),
                by=request.user,
            )
        except services.NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("It holds from now on, also for families of whom it is noted.")
            )
            return redirect("barrier_catalogue")
    return render(
        request,
        "staff/set_up/barrier.html",
        {"form": form, "barrier": before, "ours": code in bundled().barriers},
        status=422 if form.errors else 200,
    )


def _initial(before: Barrier | None) -> dict[str, Any]:
    if before is None:
        return {}
    # As it is kept: words of ours in English go on to be ours in every language.
    return {
        "words": before.said.get("en") or before.words,
        "level": before.level.value,
        "advice": before.advised.get("en") or before.advice,
        "effects": [effect.value for effect in before.effects],
        "helps": list(before.helps),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def solution_line(request: StaffRequest, code: str = "") -> HttpResponse:
    """Change a solution or, without a code, add one."""
    before = catalogue(request.district).solutions.get(code)
    if code and before is None:
        raise Http404
    initial = (
        {
            "words": before.said.get("en") or before.words,
            "removes": before.removes,
            "retired": before.retired,
        }
        if before
        else {}
    )
    form = SolutionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.word_solution(
                district=request.district,
                code=code or None,
                words=form.cleaned_data["words"],
                removes=form.cleaned_data["removes"],
                retired=form.cleaned_data["retired"],
                by=request.user,
            )
        except services.NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("barrier_catalogue")
    return render(
        request,
        "staff/set_up/solution.html",
        {"form": form, "solution": before},
        status=422 if form.errors else 200,
    )
