"""Stop and start; how and when a family wants to be contacted."""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.hours import Hush, next_allowed, open_minutes
from bothways.consent.models import Preference, QuietDay, Stop
from bothways.core import clock
from bothways.people.models import Household
from bothways.schools.models import District

# So much of every day must stay open: quiet hours that leave nothing would lose a family.
LEAST_OPEN = 60  # minutes


class Unusable(ValueError):
    """It cannot be kept as it is; the text says what to mend."""


@transaction.atomic
def stop(
    *,
    district: District,
    kind: str,
    match: str,
    by: Stop.By,
    at: datetime,
    user: int | None = None,
    confirm_in: str | None = None,
) -> bool:
    """Send no more to this address; False if it was stopped already.

    ``confirm_in``: it came by text, and is confirmed once in this language ("": the district's), outside of
    the quiet hours.
    """
    defaults: dict[str, object] = {"at": at}
    if confirm_in is not None:
        hours = Hush(district.quiet_from, district.quiet_until)
        defaults["language"] = confirm_in
        defaults["confirm_at"] = next_allowed(at, district.zone, (hours,))
    found, made = Stop.objects.get_or_create(
        district=district, kind=kind, match=match, by=by, lifted_at=None, defaults=defaults
    )
    if made:
        record("consent.stopped", found, by=user, district=district.pk)
    return made


@transaction.atomic
def start(
    *, district: District, kind: str, match: str, by: Stop.By, at: datetime, user: int | None = None
) -> bool:
    """Lift this stop; False if there was none. The carrier's own block only the carrier's word lifts."""
    live = Stop.objects.select_for_update().filter(
        district=district, kind=kind, match=match, by=by, lifted_at=None
    )
    for found in live:
        found.lifted_at = at
        found.save(update_fields=["lifted_at"])
        record("consent.started", found, by=user, district=district.pk)
        return True
    return False


@transaction.atomic
def start_as_asked(
    *, district: District, kind: str, match: str, asked_by: str, asked_on: date, by: User
) -> bool:
    """Staff lift our stop because somebody of the family asked for it; False if there was none.

    The carrier's own block stays: only the family's START lifts it.
    """
    live = Stop.objects.select_for_update().filter(
        district=district, kind=kind, match=match, by=Stop.By.OURS, lifted_at=None
    )
    found = live.first()
    if found is None:
        return False
    found.lifted_at = clock.now()
    found.lifted_by = by
    found.asked_by = asked_by[:200]
    found.asked_on = asked_on
    found.save(update_fields=["lifted_at", "lifted_by", "asked_by", "asked_on"])
    record("consent.started", found, by=by.pk, district=district.pk, asked_on=asked_on.isoformat())
    return True


@transaction.atomic
def prefer(
    *,
    household: Household,
    digest_day: int | None,
    digest_at: time | None,
    quiet_from: time | None,
    quiet_until: time | None,
    customs: str,
    by: User | None,
) -> Preference:
    """Keep how and when this family wants to be contacted; ``by`` None: the family itself. Raises Unusable."""
    if (quiet_from is None) != (quiet_until is None):
        raise Unusable("Quiet hours need both a beginning and an end, or neither.")
    if quiet_from == quiet_until:
        quiet_from = quiet_until = None
    if quiet_from is not None and quiet_until is not None:
        _leave_something(household.district, Hush(quiet_from, quiet_until))
    wish, _made = Preference.objects.update_or_create(
        household=household,
        defaults={
            "district": household.district,
            "digest_day": digest_day,
            "digest_at": digest_at,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "customs": customs.replace("\x00", "").strip(),
            "updated_by": by,
            "updated_at": clock.now(),
        },
    )
    record(
        "consent.preferred",
        household,
        by=by.pk if by else None,
        district=household.district_id,
    )
    return wish


@transaction.atomic
def set_hours(
    *,
    district: District,
    quiet_from: time,
    quiet_until: time,
    digest_day: int | None,
    digest_at: time,
    routine_per_week: int,
    emergencies_pass_stops: bool,
    by: User,
) -> None:
    """The district's rules for all its families. Raises Unusable."""
    if open_minutes((Hush(quiet_from, quiet_until),)) < LEAST_OPEN:
        raise Unusable("These quiet hours leave no hour of the day. Leave at least one hour free.")
    if not 1 <= routine_per_week <= 7:
        raise Unusable("Choose from one to seven routine contacts a week.")
    district.quiet_from, district.quiet_until = quiet_from, quiet_until
    district.digest_day, district.digest_at = digest_day, digest_at
    district.routine_per_week = routine_per_week
    district.emergencies_pass_stops = emergencies_pass_stops
    district.save(
        update_fields=[
            "quiet_from",
            "quiet_until",
            "digest_day",
            "digest_at",
            "routine_per_week",
            "emergencies_pass_stops",
        ]
    )
    record(
        "district.hours_set",
        district,
        by=by.pk,
        district=district.pk,
        routine_per_week=routine_per_week,
        emergencies_pass_stops=int(emergencies_pass_stops),
    )


def _leave_something(district: District, hush: Hush) -> None:
    hours = Hush(district.quiet_from, district.quiet_until)
    if open_minutes((hours, hush)) < LEAST_OPEN:
        raise Unusable(
            "Together with the district’s quiet hours "
            f"({district.quiet_from:%H:%M} to {district.quiet_until:%H:%M}) this leaves no hour of the day."
            " Leave at least one hour free."
        )


@transaction.atomic
def keep_free(
    *,
    district: District,
    title: str,
    by: User,
    household: Household | None = None,
    language: str = "",
    day: date | None = None,
    weekday: int | None = None,
    start: time | None = None,
    end: time | None = None,
    source: str = "",
) -> QuietDay:
    """Send no routine words and make no further tries in this stretch. Raises Unusable."""
    if (day is None) == (weekday is None):
        raise Unusable("Choose a date, or a day of the week: one of the two.")
    if (start is None) != (end is None):
        raise Unusable("Give both hours, or none for the whole day.")
    if start is not None and start == end:
        raise Unusable(
            "The hours begin and end at the same time. Leave both empty for the whole day."
        )
    if not title.strip():
        raise Unusable("Give it a name, so that the next person knows what it is.")
    if day is None:
        weekly = QuietDay.objects.filter(
            Q(household=household) | Q(household=None, language="") | Q(language=language),
            district=district,
            weekday__isnull=False,
        )
        hushes = [kept.hush for kept in weekly] + [Hush(start, end, weekday=weekday)]
        # A week in which nothing goes would hold all routine words for ever.
        if all(any(_whole(hush, day_) for hush in hushes) for day_ in range(7)):
            raise Unusable("Then no day of the week is left for routine words. Leave one free.")
    kept = QuietDay.objects.create(
        district=district,
        household=household,
        language="" if household else language,
        day=day,
        weekday=weekday,
        start=start,
        end=end,
        title=title.replace("\x00", "").strip()[:200],
        source=source.replace("\x00", "").strip()[:200],
        added_by=by,
        added_at=clock.now(),
    )
    record("consent.quiet_day", kept, by=by.pk, district=district.pk)
    return kept


def _whole(hush: Hush, weekday: int) -> bool:
    return hush.weekday == weekday and hush.start is None


@transaction.atomic
def free_again(*, kept: QuietDay, by: User) -> None:
    """Take a quiet day back."""
    record("consent.quiet_day_removed", kept, by=by.pk, district=kept.district_id)
    kept.delete()
