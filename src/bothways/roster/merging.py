"""Two rows of the roster are one person: merge them, with their families, and take them apart again."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from bothways.accounts.models import User
from bothways.consent.models import Preference
from bothways.ledger.models import FamilyReach
from bothways.people import merging
from bothways.people.journal import Journal
from bothways.people.models import Guardian, Household, Merge
from bothways.roster import households, rows
from bothways.roster.merged import combined
from bothways.roster.services import rebuild_households
from bothways.schools.models import District

# Who lives in a home is worked out from links and addresses, never carried along.
LIVES_THERE = frozenset({"people.guardian.household", "people.householdstudent.household"})
_LEVELS = ("attempted_at", "delivered_at", "seen_at", "answered_at", "met_at", "aimed_at")


@transaction.atomic
def merge(*, kept: Guardian, away: Guardian, words: str, by: User) -> Merge:
    """Make two rows one person; raises CannotMerge.

    A later roster with both rows, or with either, is read as one person. The family of the row that goes
    becomes the kept one's where nobody else is left in it.
    """
    if kept.sis_id is None and away.sis_id is not None:
        kept, away = away, kept  # a roster must find the one that stays
    District.objects.select_for_update(no_key=True).get(pk=kept.district_id)
    before = _Homes(kept.district_id, [kept.pk, away.pk])
    home = away.household_id
    done, journal = merging.join(kept=kept, away=away, words=words, by=by)
    kept.refresh_from_db()
    _both_said(journal, kept, away)
    rebuild_households(done.district, [kept.pk, away.pk])
    before.compare(journal)
    kept.refresh_from_db(fields=["household"])
    carry_history(journal, home, kept.household_id)
    done.journal = journal.steps
    done.save(update_fields=["journal"])
    return done


@transaction.atomic
def unmerge(*, merge: Merge, by: User) -> tuple[Guardian, Guardian]:
    """Take two apart that were merged: (kept, the other). Raises CannotMerge."""
    District.objects.select_for_update(no_key=True).get(pk=merge.district_id)
    kept, away = merging.part(merge=merge, by=by)
    rebuild_households(merge.district, [kept.pk, away.pk])
    return kept, away


def _both_said(journal: Journal, kept: Guardian, away: Guardian) -> None:
    """The kept row holds what both said, so that the next roster finds nothing new."""
    if kept.sis_id is None or away.sis_id is None:
        return
    one = combined(
        rows.to_guardian(kept.sis_id, kept.roster), rows.to_guardian(away.sis_id, away.roster)
    )
    journal.change(kept, roster=_as_kept(rows.guardian(one)))


def _as_kept(row: rows.Row) -> dict[str, Any]:
    # Tuples as the lists that the database gives back.
    return {name: _lists(value) for name, value in row.items()}


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, list | tuple) else value


class _Homes:
    """Who lived where, before households are worked out anew."""

    def __init__(self, district: int, guardians: list[int]) -> None:
        with connection.cursor() as cursor:
            tied = households.tied_to(cursor, district, sorted(guardians))
        self._adults: dict[int, int | None] = dict(
            Guardian.objects.filter(pk__in=tied["adults"]).values_list("pk", "household_id")
        )
        self._ends: dict[int, datetime | None] = dict(
            Household.objects.filter(pk__in=tied["homes"]).values_list("pk", "ended_at")
        )

    def compare(self, journal: Journal) -> None:
        for adult in Guardian.objects.filter(pk__in=self._adults).order_by("pk"):
            journal.changed(
                adult,
                {"household_id": self._adults[adult.pk]},
                {"household_id": adult.household_id},
            )
        for home in Household.objects.filter(pk__in=self._ends).order_by("pk"):
            journal.changed(home, {"ended_at": self._ends[home.pk]}, {"ended_at": home.ended_at})


def carry_history(journal: Journal, old: int | None, new: int | None) -> None:
    """What happened with a family that is no more by itself belongs to the family it is now."""
    if old is None or new is None or old == new:
        return
    ended = Household.objects.filter(pk=old, ended_at__isnull=False).first()
    home = Household.objects.filter(pk=new).first()
    if ended is None or home is None:
        return
    journal.move(ended, home, leave=LIVES_THERE)
    _roll_up(journal, ended, home)
    wish = Preference.objects.filter(household=ended).first()
    if wish is not None and not Preference.objects.filter(household=home).exists():
        wish.pk = home.pk  # their quiet hours are a promise to them
        wish._state.adding = True
        wish.save(force_insert=True)
        journal.made(wish)


def _roll_up(journal: Journal, ended: Household, home: Household) -> None:
    reached = FamilyReach.objects.filter(household=ended).first()
    if reached is None:
        return
    one = FamilyReach.objects.filter(household=home).first()
    if one is None:
        reached.pk = home.pk
        reached._state.adding = True
        reached.save(force_insert=True)
        journal.made(reached)
        return
    latest = {
        name: max(filter(None, (getattr(one, name), getattr(reached, name))), default=None)
        for name in _LEVELS
    }
    journal.change(one, **latest)
