"""What happened between a family and the school, page by page and by what it was."""

from enum import StrEnum
from typing import Any

from django.core.paginator import Page
from django.db.models import Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.accounts.models import User
from bothways.audit.models import Entry as Look
from bothways.audit.queries import changes_to
from bothways.ledger.enums import SourceKind
from bothways.ledger.models import ContactEvent
from bothways.ledger.queries import timeline
from bothways.messaging.enums import Tone
from bothways.messaging.models import Delivery
from bothways.outreach.models import PersonContact
from bothways.people.models import ContactPoint, Guardian, Household, Restriction
from bothways.web.staff.door import StaffRequest
from bothways.web.staff.family import Family, Happening, happenings
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import children_of

PER_PAGE = 30


class Show(StrEnum):
    ALL = "all"
    WORDS = "words"  # what the family said
    ATTEMPTS = "attempts"  # what was sent
    VISITS = "visits"  # what people did: calls, visits, talks
    GOOD = "good"
    CHANGES = "changes"  # of what we know


SHOWS: dict[Show, Promise] = {
    Show.ALL: _("Everything"),
    Show.WORDS: _("Their words"),
    Show.ATTEMPTS: _("What we sent"),
    Show.VISITS: _("Calls and visits"),
    Show.GOOD: _("Good news"),
    Show.CHANGES: _("Changes"),
}
_OF: dict[Show, tuple[SourceKind, ...]] = {
    Show.WORDS: (SourceKind.ENTRY, SourceKind.MOVED),
    Show.ATTEMPTS: (SourceKind.DELIVERY,),
    Show.VISITS: (SourceKind.VISIT,),
}


def asked(request: StaffRequest) -> Show:
    """Which part of the story the address asks for."""
    show = request.GET.get("show", "")
    return Show(show) if show in set(Show) else Show.ALL


def _lines(user: User, home: Household, show: Show) -> QuerySet[ContactEvent]:
    lines = timeline(home.pk).filter(Q(student=None) | Q(student__in=children_of(user)))
    if show in _OF:
        return lines.filter(source_kind__in=[kind.value for kind in _OF[show]])
    if show is Show.GOOD:
        said = PersonContact.objects.filter(household=home, tone=Tone.GOOD.value)
        sent = Delivery.objects.filter(household=home, message__tone=Tone.GOOD.value)
        return lines.filter(
            Q(source_kind=SourceKind.VISIT.value, source_id__in=said.values("pk"))
            | Q(source_kind=SourceKind.DELIVERY.value, source_id__in=sent.values("pk"))
        )
    return lines


def story(
    request: StaffRequest, found: Family, show: Show
) -> "tuple[Page[dict[str, object]], list[Happening]]":
    """A page of what happened, newest first; one thing with several lines of evidence counts once."""
    lines = _lines(request.user, found.home, show)
    things = (
        lines.order_by()
        .values("source_kind", "source_id")
        .annotate(first=Min("at"))
        .order_by("-first", "-source_id", "source_kind")
    )
    rows: Any = things  # of values, not of models
    page: Page[dict[str, object]] = page_of(request, rows, PER_PAGE)
    these = Q(pk__in=[])
    for kind in SourceKind:
        ids = [thing["source_id"] for thing in page if thing["source_kind"] == kind.value]
        if ids:
            these |= Q(source_kind=kind.value, source_id__in=ids)
    told = happenings(lines.filter(these), user=request.user, here=found.rights)
    told.sort(key=lambda one: one.at, reverse=True)
    return page, told


# What is worth telling of the record: who looked is not, and is on it all the same.
CHANGED: dict[str, Promise] = {
    "point.added": _("added a number or address"),
    "point.marked_wrong": _("marked a number or address as wrong"),
    "point.moved": _("noted that they moved"),
    "point.changed": _("changed a number or address"),
    "point.change_refused": _("refused a change of a number or address"),
    "contact.point_added": _("added a number or address"),
    "contact.point_ended": _("ended a number or address"),
    "restriction.added": _("added a restriction"),
    "restriction.lifted": _("lifted a restriction"),
    "guardian.corrected": _("corrected language, reading or address"),
    "guardian.merged": _("joined two rows that are one person"),
    "guardian.unmerged": _("took two rows apart that are two people"),
    "guardian.not_the_same": _("decided that two rows are two people"),
    "consent.stopped": _("wrote down that they asked us to stop a way"),
    "consent.started": _("wrote down that they want a way again"),
    "consent.preferred": _("wrote down how and when they want to be contacted"),
    "consent.paper": _("wrote down how letters come to them"),
    "plan.opened": _("opened the plan"),
    "plan.paused": _("paused the plan"),
    "plan.resumed": _("took the plan up again"),
}


def changes(
    request: StaffRequest, found: Family
) -> "tuple[Page[Look], list[tuple[Look, str, Promise]]]":
    """A page of what people changed here: who did what, when. Never the words that were changed."""
    adults = [adult.guardian.pk for adult in found.adults]
    points = ContactPoint.objects.filter(guardian__in=adults).values_list("pk", flat=True)
    orders = Restriction.objects.filter(link__in=[link.pk for link in found.links])
    objects = {
        Household._meta.label_lower: [found.home.pk],
        Guardian._meta.label_lower: adults,
        ContactPoint._meta.label_lower: list(points),
        Restriction._meta.label_lower: list(orders.values_list("pk", flat=True)),
    }
    page = page_of(
        request, changes_to(objects, district=request.district.pk, events=CHANGED), PER_PAGE
    )
    names = {
        user.pk: user.name
        for user in User.objects.filter(pk__in={look.user_id for look in page if look.user_id})
    }
    return page, [(look, names.get(look.user_id or 0, ""), CHANGED[look.event]) for look in page]
