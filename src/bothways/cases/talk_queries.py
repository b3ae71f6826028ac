"""Talks as those named in them, and those who serve the child, may see them."""

from django.db.models import Q, QuerySet

from bothways.accounts.enums import Permission
from bothways.accounts.models import Membership, User
from bothways.cases.models import Talk, TalkMember, TalkNote
from bothways.people.enums import WordClass
from bothways.people.models import Student


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
