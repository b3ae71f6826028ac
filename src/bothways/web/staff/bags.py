"""Give out letters: which children of a class take one home, ticked in one go."""

from collections import defaultdict
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Bag, Delivery
from bothways.messaging.services.paper import give_out, waiting_bags
from bothways.people.models import Enrollment, Student
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.letters import pdf_of
from bothways.web.staff.scope import children_of

NO_CLASS = 0  # in the address: children of no class


@dataclass(frozen=True, slots=True)
class Row:
    child: Student
    letters: int
    missed: int  # on so many days the child was away
    today: bool  # was entered as away today


def bags_of(user: User) -> QuerySet[Bag]:
    """Letters that wait to be given to children whom this user serves."""
    assert user.district is not None
    return waiting_bags(user.district).filter(student__in=children_of(user))


@require_safe
@staff(Permission.FAMILIES_SEE)
def bags(request: StaffRequest) -> HttpResponse:
    classes = (
        bags_of(request.user)
        .values("section", "section__title", "section__school__name")
        .annotate(letters=Count("pk"), children=Count("student", distinct=True))
        .order_by("section__school__name", "section__title", "section")
    )
    return render(
        request,
        "staff/letters/bags.html",
        {"classes": list(classes), "prints": request.user.can(Permission.MAIL_HANDLE)},
    )


def _of_class(user: User, pk: int) -> QuerySet[Bag]:
    return bags_of(user).filter(section=pk or None)


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def room(request: StaffRequest, pk: int) -> HttpResponse:
    """A class: everybody is ticked, those who are away are unticked."""
    waiting = _of_class(request.user, pk)
    rows = list(waiting.select_related("student", "section__school").order_by("pk"))
    if not rows and not _teaches(request.user, pk):
        raise Http404
    if request.method == "POST":
        return _given(request, waiting)
    if not rows:
        messages.info(request, _("No letter waits there any more."))
        return redirect("bags")
    today = clock.today(request.district.timezone)
    by_child: dict[int, list[Bag]] = defaultdict(list)
    for bag in rows:
        by_child[bag.student_id].append(bag)
    children = [
        Row(
            found[0].student,
            len(found),
            max(bag.missed for bag in found),
            any(bag.missed_on == today for bag in found),
        )
        for found in by_child.values()
    ]
    children.sort(key=lambda row: (row.child.family.casefold(), row.child.called.casefold()))
    return render(
        request,
        "staff/letters/room.html",
        {
            "section": rows[0].section,
            "pk": pk,
            "rows": children,
            "prints": request.user.can(Permission.MAIL_HANDLE),
        },
    )


def _teaches(user: User, section: int) -> bool:
    """Whether children of this class are this user's: a list that is sent twice must not look forbidden."""
    return Enrollment.objects.filter(
        section=section, ended_at=None, student__in=children_of(user)
    ).exists()


def _given(request: StaffRequest, waiting: QuerySet[Bag]) -> HttpResponse:
    listed, ticked = _numbers(request, "listed"), _numbers(request, "given")
    done = give_out(
        waiting,
        present=listed & ticked,
        absent=listed - ticked,
        by=request.user,
        at=clock.now(),
    )
    words = ngettext("%(count)s letter given out.", "%(count)s letters given out.", done.given) % {
        "count": done.given
    }
    if done.missed:
        words += " " + ngettext(
            "%(count)s waits for tomorrow.", "%(count)s wait for tomorrow.", done.missed
        ) % {"count": done.missed}
    messages.success(request, words)
    return redirect("bags")


def _numbers(request: StaffRequest, name: str) -> set[int]:
    return {
        int(value)
        for value in request.POST.getlist(name)
        if value.isascii() and value.isdigit() and len(value) < 19
    }


@require_POST
@staff(Permission.MAIL_HANDLE)
def again(request: StaffRequest) -> HttpResponse:
    """All that waits in one class, or in all, as one PDF with its sheets to tick."""
    waiting = bags_of(request.user)
    chosen = request.POST.get("class", "")
    if chosen:
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            raise Http404
        waiting = _of_class(request.user, int(chosen))
    deliveries = Delivery.objects.filter(pk__in=waiting.values("delivery_id"))
    if not deliveries.exists():
        messages.error(request, _("No letters wait there any more."))
        return redirect("bags")
    return pdf_of(request, deliveries, "bags")
