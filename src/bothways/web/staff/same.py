"""Perhaps one person: compared side by side, decided by somebody, and taken back where it was wrong."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.people import merging
from bothways.people.merging import CannotMerge
from bothways.people.models import ContactPoint, Guardian, Link, Restriction
from bothways.roster.merging import merge, unmerge
from bothways.web.staff import mend_list
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of, may


@require_safe
@staff(Permission.CONTACT_EDIT)
def same(request: StaffRequest) -> HttpResponse:
    page = page_of(request, mend_list.alike(request.user))
    return render(
        request,
        "staff/mend/same.html",
        {"page": page, "pairs": page.object_list, "merges": mend_list.merges(request.user)[:50]},
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two rows, as this user may see it."""

    guardian: Guardian
    links: list[Link]
    unseen: int  # children whom this user does not serve
    points: list[ContactPoint]
    orders: list[Restriction]


def _sides(user: User, pair: list[Guardian]) -> list[Side]:
    links = list(
        Link.objects.filter(guardian__in=pair, ended_at=None)
        .select_related("student__school")
        .order_by("student__given", "pk")
    )
    seen = set(
        children_of(user, Permission.CONTACT_EDIT)
        .filter(links__in=links)
        .values_list("pk", flat=True)
    )
    points = list(
        ContactPoint.objects.filter(guardian__in=pair, ended_at=None)
        .exclude(kind="push")
        .order_by("position", "pk")
    )
    orders = list(
        Restriction.objects.filter(link__guardian__in=pair, lifted_at=None)
        .select_related("link__student")
        .order_by("pk")
    )
    return [
        Side(
            guardian=one,
            links=[x for x in links if x.guardian_id == one.pk and x.student_id in seen],
            unseen=sum(x.guardian_id == one.pk and x.student_id not in seen for x in links),
            points=[p for p in points if p.guardian_id == one.pk],
            orders=[r for r in orders if r.link.guardian_id == one.pk],
        )
        for one in pair
    ]


class SameForm(forms.Form):
    """One person, and which row stays; or two."""

    decision = forms.ChoiceField(
        label=gettext_lazy("What do you know?"),
        widget=forms.RadioSelect,
        choices=[
            ("one", gettext_lazy("One person: keep the first row")),
            ("other", gettext_lazy("One person: keep the second row")),
            ("no", gettext_lazy("Two people: do not ask again")),
        ],
    )
    words = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("How you know"),
        help_text=gettext_lazy(
            "For whoever looks at this later: a call, a paper, the family itself."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def clean_words(self) -> str:
        return str(self.cleaned_data["words"]).replace("\x00", "").strip()


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def pair(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(mend_list.alike(request.user), pk=pk)
    both = [found.one, found.other]
    sides = _sides(request.user, both)
    restricted = any(side.orders for side in sides)
    schools = {x.student.school_id for side in sides for x in side.links}
    may_merge = not restricted or may(request.user, Permission.RESTRICTIONS_EDIT, schools)
    form = SameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decision, words = form.cleaned_data["decision"], form.cleaned_data["words"]
        if decision == "no":
            merging.not_the_same(one=found.one, other=found.other, by=request.user)
            messages.success(request, _("Kept as two people. They are not listed again."))
            return redirect("same")
        if not may_merge:
            form.add_error(
                "decision",
                _(
                    "An order holds for one of them. Ask somebody who may change restrictions to decide."
                ),
            )
        elif restricted and not words:
            form.add_error(
                "words", _("An order holds for one of them: say how you know that it is one.")
            )
        else:
            kept, away = both if decision == "one" else reversed(both)
            try:
                merge(kept=kept, away=away, words=words, by=request.user)
            except CannotMerge as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("One person now. You can take them apart again below."))
            return redirect("same")
    record("possibly_same.seen", found, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/mend/pair.html",
        {
            "pair": found,
            "sides": sides,
            "restricted": restricted,
            "may_merge": may_merge,
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@staff(Permission.CONTACT_EDIT)
def apart(request: StaffRequest, pk: int) -> HttpResponse:
    """Taking apart is confirmed on a page of its own."""
    found = get_object_or_404(mend_list.merges(request.user), pk=pk)
    (side,) = _sides(request.user, [found.kept])
    schools = {x.student.school_id for x in side.links}
    allowed = not side.orders or may(request.user, Permission.RESTRICTIONS_EDIT, schools)
    if request.method == "POST" and allowed:
        try:
            unmerge(merge=found, by=request.user)
        except CannotMerge as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Two people again, each with what was theirs."))
        return redirect("same")
    return render(
        request,
        "staff/mend/apart.html",
        {"merge": found, "side": side, "allowed": allowed},
        status=422 if request.method == "POST" else 200,
    )
