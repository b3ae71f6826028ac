"""Two rows are one person: everything of the one becomes the other's, and can be given back.

The stricter wins: whatever either adult may not, the merged one may not; an address that does not reach
one of them does not reach the merged one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max, Q

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.people.enums import PointState, Source
from bothways.people.journal import Journal
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Link,
    Merge,
    PossiblySame,
    Restriction,
)

# Which rows were compared, and which were merged, stays as it was.
LEAVE = frozenset(
    {
        "people.possiblysame.one",
        "people.possiblysame.other",
        "people.merge.kept",
        "people.merge.away",
    }
)


class CannotMerge(ValueError):
    """These two cannot be made one, or not be taken apart; the text says why and what to do."""


def restricted(guardians: Iterable[int]) -> bool:
    """Whether an order or block that nobody lifted holds for one of these adults."""
    return Restriction.objects.filter(link__guardian__in=guardians, lifted_at=None).exists()


def join(*, kept: Guardian, away: Guardian, words: str, by: User) -> tuple[Merge, Journal]:
    """Make ``away`` part of ``kept``, in the caller's transaction; raises CannotMerge.

    ``words``: why they are one person. The journal is not yet kept: households may follow.
    """
    pair = Guardian.objects.select_for_update(of=("self",)).filter(pk__in=[kept.pk, away.pk])
    rows = {row.pk: row for row in pair.order_by("pk")}
    if len(rows) != 2 or kept.district_id != away.district_id:
        raise CannotMerge("These are not two people of this district. Open the list again.")
    kept, away = rows[kept.pk], rows[away.pk]
    if kept.ended_at is not None or away.ended_at is not None:
        raise CannotMerge(
            "One of the two is not in the roster any more, or was merged already. Open the list again."
        )
    now = clock.now()
    journal = Journal()
    journal.note(
        links=list(Link.objects.filter(guardian=kept).order_by("pk").values_list("pk", flat=True)),
        restrictions=list(
            Restriction.objects.filter(link__guardian=kept)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
    )
    _learn(journal, kept, away)
    _behind(journal, kept, away)
    journal.move(
        away, kept, leave=LEAVE, collided=lambda row, twin: _fold(journal, row, twin, at=now)
    )
    journal.change(away, ended_at=now, merged_into_id=kept.pk)
    merge = Merge.objects.create(
        district_id=kept.district_id, kept=kept, away=away, words=words.strip(), at=now, by=by
    )
    _decide(kept, away, same=True, by=by, at=now)
    record(
        "guardian.merged", kept, by=by.pk, district=kept.district_id, away=away.pk, merge=merge.pk
    )
    return merge, journal


def _learn(journal: Journal, kept: Guardian, away: Guardian) -> None:
    """What is known of one only is known of both; who cannot read in one row cannot in the other."""
    learned: dict[str, object] = {
        name: getattr(away, name)
        for name in ("speaks", "reads")
        if getattr(away, name) and not getattr(kept, name)
    }
    if away.can_read is not None and kept.can_read is not False:
        learned["can_read"] = away.can_read
    local = {name: value for name, value in away.local.items() if name in learned} | kept.local
    hidden = kept.address_hidden or away.address_hidden
    journal.change(kept, **learned, local=local, address_hidden=hidden)


def _behind(journal: Journal, kept: Guardian, away: Guardian) -> None:
    """The other's numbers come after one's own."""
    last = kept.points.aggregate(last=Max("position"))["last"]
    if last is None:
        return
    for point in away.points.order_by("position", "pk"):
        journal.change(point, position=min(point.position + last + 1, 32_000))


def _fold(journal: Journal, row: models.Model, twin: models.Model, *, at: datetime) -> None:
    """What the row that stays aside knew, its counterpart knows, too."""
    if isinstance(row, Link) and isinstance(twin, Link):
        _fold_link(journal, row, twin, at)
    elif isinstance(row, ContactPoint) and isinstance(twin, ContactPoint):
        _fold_point(journal, row, twin, at)
    elif isinstance(row, Restriction) and isinstance(twin, Restriction):
        if row.lifted_at is None and twin.lifted_at is not None:
            # Lifted for one row, in force for the other: it holds.
            journal.change(twin, lifted_at=None, lifted_by_id=None)
        if row.needs_review and row.lifted_at is None:
            journal.change(twin, needs_review=True)


def _fold_link(journal: Journal, row: Link, twin: Link, at: datetime) -> None:
    learned: dict[str, object] = {}
    ended_here = twin.ended_at is not None and twin.source == Source.LOCAL.value
    if row.ended_at is None and twin.ended_at is not None and not ended_here:
        learned |= {"ended_at": None, "roster": row.roster}
    elif row.ended_at is None and row.source == Source.ROSTER.value:
        learned["roster"] = both_said(twin.roster, row.roster)
    for name in ("lives_with", "priority", "legal_guardian", "emergency_contact"):
        if getattr(twin, name) is None and getattr(row, name) is not None:
            learned[name] = getattr(row, name)
    if not twin.relation and row.relation:
        learned["relation"] = row.relation
    journal.change(twin, **learned, primary_contact=twin.primary_contact or row.primary_contact)
    if row.ended_at is None:
        journal.change(row, ended_at=at)


def both_said(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """One roster row out of two about the same: the first counts, with what it lacks; no order is lost."""
    said = {**second, **first}
    orders = dict.fromkeys(filter(None, (x.get("restriction_text") for x in (first, second))))
    if orders:
        said["restriction_text"] = "; ".join(orders)
    return said


def _fold_point(journal: Journal, row: ContactPoint, twin: ContactPoint, at: datetime) -> None:
    learned: dict[str, object] = {"said_mobile": row.said_mobile or twin.said_mobile}
    if row.ended_at is None and twin.ended_at is not None:
        learned["ended_at"] = None
    if row.why == "wrong_person":
        learned |= {"state": PointState.FAILING.value, "why": row.why, "state_at": row.state_at}
    elif twin.state == PointState.UNKNOWN.value and row.state != twin.state:
        learned |= {"state": row.state, "why": row.why, "state_at": row.state_at}
    journal.change(twin, **learned)
    if row.ended_at is None:
        journal.change(row, ended_at=at)


def part(*, merge: Merge, by: User) -> tuple[Guardian, Guardian]:
    """Take the two apart again, in the caller's transaction; (kept, away). Raises CannotMerge.

    What came after the merge stays with the kept one. Orders that came meanwhile hold for both: who of
    the two was meant, a person decides by lifting one.
    """
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise CannotMerge("This was undone already.")
    later = Merge.objects.filter(
        Q(kept=merge.kept_id) | Q(away=merge.kept_id), undone_at=None, pk__gt=merge.pk
    )
    if later.exists():
        raise CannotMerge("This person was merged again after that. Undo the later merge first.")
    list(
        Guardian.objects.select_for_update(of=("self",))
        .filter(pk__in=[merge.kept_id, merge.away_id])
        .order_by("pk")
    )
    journal = Journal(merge.journal)
    journal.undo()
    kept, away = merge.kept, merge.away
    kept.refresh_from_db()
    away.refresh_from_db()
    _orders_hold_for_both(journal, kept, away)
    now = clock.now()
    merge.undone_at, merge.undone_by = now, by
    merge.save(update_fields=["undone_at", "undone_by"])
    _decide(kept, away, same=None, by=by, at=None)
    record(
        "guardian.unmerged", kept, by=by.pk, district=kept.district_id, away=away.pk, merge=merge.pk
    )
    return kept, away


def _orders_hold_for_both(journal: Journal, kept: Guardian, away: Guardian) -> None:
    """Restrictions that the kept one got while merged: nobody knows which of the two they meant."""
    known = journal.noted("restrictions") or []
    fresh = (
        Restriction.objects.filter(link__guardian=kept, lifted_at=None)
        .exclude(pk__in=known)
        .select_related("link")
        .order_by("pk")
    )
    for order in fresh:
        link, _made = Link.objects.get_or_create(
            student_id=order.link.student_id,
            guardian=away,
            # Gives no standing; where a roster says that there is some, the order is there before it.
            defaults={"district_id": away.district_id, "ended_at": clock.now()},
        )
        twin, made = Restriction.objects.get_or_create(
            link=link,
            kind=order.kind,
            starts_on=order.starts_on,
            ends_on=order.ends_on,
            source=order.source,
            defaults={
                "district_id": away.district_id,
                "document": order.document,
                "needs_review": order.needs_review,
            },
        )
        if not made and twin.lifted_at is not None:
            twin.lifted_at, twin.lifted_by = None, None
            twin.save(update_fields=["lifted_at", "lifted_by"])


def not_the_same(*, one: Guardian, other: Guardian, by: User) -> None:
    """Two people with much in common: never listed again."""
    _decide(one, other, same=False, by=by, at=clock.now())
    record("guardian.not_the_same", one, by=by.pk, district=one.district_id, other=other.pk)


def _decide(
    one: Guardian, other: Guardian, *, same: bool | None, by: User, at: datetime | None
) -> None:
    PossiblySame.objects.filter(Q(one=one, other=other) | Q(one=other, other=one)).update(
        same=same, decided_at=at, decided_by=by if at else None
    )
