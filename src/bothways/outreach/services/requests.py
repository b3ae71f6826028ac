"""Wishes of families about their record: taken in with a day they are owed by, and answered by a person."""

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from bothways.accounts.enums import PERMISSIONS, Permission, Role
from bothways.accounts.models import Membership, User
from bothways.audit.services import record
from bothways.core import clock
from bothways.outreach.enums import RequestKind, RequestOutcome
from bothways.outreach.models import FamilyRequest
from bothways.people.models import Guardian, Student
from bothways.schools.models import District

# 34 CFR 99.10(b): a school complies with a request to inspect within a reasonable time, and in no case more
# than 45 days after it has received it. A correction is decided “within a reasonable time” (99.20): the same.
OWED_WITHIN: Final = timedelta(days=45)
MOST_WORDS: Final = 20_000
# Roles by which a request is given to somebody, the closest to the work first.
_ORDER: Final = ("records", Role.PRINCIPAL.value, Role.OFFICE.value, Role.DISTRICT_ADMIN.value)


class Unusable(ValueError):
    """The answer cannot be kept; the text says what to mend."""


def due_on(today: date) -> date:
    """The last day on which an answer is in time.

    >>> due_on(date(2026, 9, 14))
    datetime.date(2026, 10, 29)
    """
    return today + OWED_WITHIN


def records_officers(district: District) -> list[User]:
    """Who may answer, those whose work it is first; always in the same order."""
    roles = [role.value for role in Role if Permission.RECORDS_ANSWER in PERMISSIONS[role]]
    members = Membership.objects.filter(
        district=district, role__in=roles, ended_at=None, user__is_active=True
    ).select_related("user")
    place = {role: number for number, role in enumerate(_ORDER)}
    ranked = sorted(members, key=lambda m: (place.get(m.role, len(place)), m.user_id))
    return list({member.user_id: member.user for member in ranked}.values())


@transaction.atomic
def ask(
    *,
    guardian: Guardian,
    kind: RequestKind,
    words: str,
    language: str,
    form_key: str,
    student: Student | None = None,
) -> FamilyRequest:
    """Keep the wish, and who owes the answer by when. The same form twice is one."""
    district = guardian.district
    officers = records_officers(district)
    found, made = FamilyRequest.objects.get_or_create(
        form_key=form_key[:40],
        defaults={
            "district": district,
            "guardian": guardian,
            "student": student,
            "kind": kind.value,
            "words": words.replace("\x00", "").strip()[:MOST_WORDS],
            "language": language,
            "at": clock.now(),
            "due_on": due_on(clock.today(district.timezone)),
            "owner": officers[0] if officers else None,
        },
    )
    if made:
        record("request.asked", found, by=None, district=district.pk, kind=kind.value)
    return found


@transaction.atomic
def answer(
    *, request: FamilyRequest, outcome: RequestOutcome, words: str, by: User
) -> FamilyRequest:
    """Tell the family what came of it, on its own pages; raises Unusable. Again: the answer is corrected."""
    words = words.replace("\x00", "").strip()
    if not words:
        raise Unusable("Write what you did, or why not. The family reads your words.")
    found = FamilyRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    found.outcome, found.answer = outcome.value, words[:MOST_WORDS]
    found.answered_at, found.answered_by = clock.now(), by
    found.save(update_fields=["outcome", "answer", "answered_at", "answered_by"])
    record("request.answered", found, by=by.pk, district=found.district_id, outcome=outcome.value)
    return found


def requests_for(user: User) -> QuerySet[FamilyRequest]:
    """The requests this person may answer, what is owed soonest first, then those that are answered."""
    if user.district_id is None or not user.can(Permission.RECORDS_ANSWER):
        return FamilyRequest.objects.none()
    mine = FamilyRequest.objects.filter(district=user.district_id)
    children = Student.objects.live().visible_to(user)
    if not user.is_district_wide:
        mine = mine.filter(Q(owner=user) | Q(guardian__links__student__in=children)).distinct()
    return mine.select_related("guardian", "student", "owner", "answered_by").order_by(
        "answered_at", "due_on", "pk"
    )
