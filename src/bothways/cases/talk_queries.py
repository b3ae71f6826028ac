"""Talks as those named in them, those who serve the child, and the adult of the home may see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import Membership, User
from bothways.cases.models import Talk, TalkMember, TalkNote, TalkStep
from bothways.messaging.models import Recipient
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Student


def talks_for(user: User) -> QuerySet[Talk]:
    """Talks about children whom this person serves, and those in which this person is named."""
    if user.district_id is None or not user.is_active:
        return Talk.objects.none()
    served = Student.objects.live().visible_to(user, Permission.CASES)
    named = TalkMember.objects.filter(user=user).values("talk_id")
    held = [m for m in user.roles() if m.district_id == user.district_id]
    schools = [m.school_id for m in held if m.school_id is not None]
    here = Q() if any(m.school_id is None for m in held) else Q(student__school__in=schools)
    return Talk.objects.filter(
        Q(student__in=served) | (Q(pk__in=named) & here & Q(student__ended_at=None)),
        district=user.district_id,
    ).select_related("student__school", "district", "household")


def is_named(talk: Talk, user: User) -> bool:
    return TalkMember.objects.filter(talk=talk, user=user).exists()


def family_view_for(talk: Talk, *, named: bool) -> str:
    """The family's words; said in confidence, they are for those named alone."""
    if talk.family_class == WordClass.SPEAKER_ONLY.value and not named:
        return ""
    return talk.family_view


def readable_notes(talk: Talk, user: User, *, named: bool) -> list[TalkNote]:
    """Notes that this person may read: protected ones by role, a family's confidence by name, one's own."""
    protected = user.may(Permission.PROTECTED_READ, {talk.student.school_id})
    found = []
    for note in talk.notes.select_related("by").order_by("at", "pk"):
        open_ = {
            WordClass.FAMILY: True,
            WordClass.SPEAKER_ONLY: named,
            WordClass.STUDENT_VOICE: True,
            WordClass.PROTECTED: protected,
        }[WordClass(note.word_class)]
        if open_ or note.by_id == user.pk:
            found.append(note)
    return found


def colleagues_for(talk: Talk) -> QuerySet[User]:
    """Who may be named: a role at the child's school, or one without a school."""
    held = Membership.objects.filter(
        Q(school=None) | Q(school=talk.student.school_id), district=talk.district_id, ended_at=None
    )
    return User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by(
        "family", "given", "pk"
    )


@dataclass(frozen=True, slots=True)
class Own:
    """A talk as the adult who was part of it may keep it: nothing that one side prepared or said alone.

    ``steps``: what school, the child and this adult do; what another adult took on is that adult's.
    """

    talk: Talk
    at: datetime | None  # when it was held, or is to be
    way: str  # outreach's Way; "" before it was held
    aim: str  # "" before it was held: until then it is a draft of the school's
    steps: list[TalkStep]
    follow_up: date | None


def own_talks(guardian: Guardian, children: Collection[Student]) -> list[Own]:
    """The talks of this adult about these children, the oldest first; three queries.

    With whom it was held, and who has a step in it, was part of it. Who was only invited has the day and
    the place of what is still to come.
    """
    invited = Recipient.objects.filter(
        link__guardian=guardian, delivery__message=OuterRef("invitation")
    )
    shared = TalkStep.objects.filter(Q(guardian=None) | Q(guardian=guardian))
    found = (
        Talk.objects.filter(student__in=[child.pk for child in children])
        .annotate(
            mine=Exists(TalkStep.objects.filter(talk=OuterRef("pk"), guardian=guardian)),
            invited=Exists(invited),
        )
        .filter(
            Q(contact__guardian=guardian)
            | Q(mine=True)
            | Q(invited=True, held_at=None, closed_at=None, at__isnull=False)
        )
        .select_related("student", "contact", "follow_up")
        .prefetch_related(Prefetch("steps", shared.order_by("due", "pk")))
        .order_by("opened_at", "pk")
    )
    return [_own(talk, guardian) for talk in found]


def _own(talk: Talk, guardian: Guardian) -> Own:
    with_them = talk.contact is not None and talk.contact.guardian_id == guardian.pk
    part = with_them or any(step.guardian_id == guardian.pk for step in talk.steps.all())
    held = part and talk.held_at is not None
    return Own(
        talk=talk,
        at=talk.at or talk.held_at,
        way=talk.contact.way if held and talk.contact is not None else "",
        aim=talk.aim if held else "",
        steps=list(talk.steps.all()) if part else [],
        follow_up=talk.follow_up.due if held and talk.follow_up is not None else None,
    )
