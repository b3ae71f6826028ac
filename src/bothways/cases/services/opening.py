"""Begin a case, ask people in, the family's consent, a new lead, and the end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.enums import STAFF_PARTS, About, Consent, Ended, Event, How, Part, Stage
from bothways.cases.models import Asking, Case, Measure, Member, Plan
from bothways.cases.queries import colleagues, may_be_invited, without_lead
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services.entering import (
    MOST_TITLE,
    family_member,
    happened,
    opened,
    said,
    staff_member,
)
from bothways.cases.services.speaking import Words, add_words
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Student


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a case begins with: what it is about, and what is good."""

    title: str
    strengths: str
    sees: str
    language: str
    titles: Mapping[str, str] = field(default_factory=dict)  # the title in families' languages


@transaction.atomic
def open_case(
    *,
    student: Student,
    beginning: Beginning,
    guardians: Iterable[Guardian],
    by: User,
    form_key: str,
) -> Case:
    """Begin to solve something about this child together; the same form twice is one case. Raises Unusable."""
    known = Case.objects.filter(form_key=form_key, opened_by=by).first()
    if known is not None:
        return known
    if not Student.objects.live().visible_to(by, Permission.CASES).filter(pk=student.pk).exists():
        raise NotYours
    title = said(
        beginning.title,
        "Say in a few words what it is about, as the family may read it: “homework in the evening”.",
        most=MOST_TITLE,
    )
    strengths = said(
        beginning.strengths,
        "Begin with what is good: one thing that this child does well, as you saw it.",
    )
    sees = said(beginning.sees)
    now = clock.now()
    adults = {guardian.pk: guardian for guardian in guardians}
    allowed = set(
        standing(district=student.district, at=now, records=True)
        .filter(student=student, guardian__in=adults)
        .values_list("guardian_id", flat=True)
    )
    if not adults:
        raise Unusable("Choose with whom at home you want to work on it.")
    if set(adults) - allowed:
        raise Unusable("One of these adults may not be told about this child. Choose another one.")
    case = Case.objects.create(
        district=student.district,
        student=student,
        title=title,
        language=beginning.language,
        said_in={
            tag: {"title": said(words, most=MOST_TITLE)}
            for tag, words in beginning.titles.items()
            if words.strip()
        },
        opened_at=now,
        opened_by=by,
        form_key=form_key[:40],
    )
    lead = Member.objects.create(case=case, part=Part.LEAD.value, user=by, joined_at=now)
    for pk in sorted(adults):
        Member.objects.create(case=case, part=Part.FAMILY.value, guardian=adults[pk], joined_at=now)
    happened(case, Event.OPENED, user=by)
    for about, words in ((About.STRENGTH, strengths), (About.SEES, sees)):
        if words:
            add_words(
                case,
                lead,
                Words(words, beginning.language, about, WordClass.FAMILY, How.PAGE),
                form_key=f"{form_key[:40]}-{about.value}",
            )
    return case


@transaction.atomic
def invite_staff(*, case: Case, user: User, part: Part, by: User) -> Member:
    """Ask a colleague of the school in. Raises Unusable."""
    case = opened(case)
    staff_member(case, by, Part.LEAD)
    if part not in STAFF_PARTS or part is Part.LEAD:
        raise Unusable("Choose what this colleague does in the case.")
    if not colleagues(case).filter(pk=user.pk).exists():
        raise Unusable("This person does not work at the child’s school, or is a member already.")
    return _join(case, part, by, user=user)


@transaction.atomic
def invite_family(*, case: Case, guardian: Guardian, by: User) -> Member:
    """Ask another adult of the child in: with standing today, and nobody else. Raises Unusable."""
    case = opened(case)
    staff_member(case, by, Part.LEAD)
    if guardian.pk not in {adult.pk for adult in may_be_invited(case, clock.now())}:
        raise Unusable("This adult may not be told about this child, or is a member already.")
    return _join(case, Part.FAMILY, by, guardian=guardian)


@transaction.atomic
def invite_student(*, case: Case, by: User) -> Member:
    """Let the child have a part of their own."""
    case = opened(case)
    staff_member(case, by, Part.LEAD)
    return _join(case, Part.STUDENT, by, student=case.student)


def _join(
    case: Case,
    part: Part,
    by: User,
    *,
    user: User | None = None,
    guardian: Guardian | None = None,
    student: Student | None = None,
) -> Member:
    member, _made = Member.objects.update_or_create(
        case=case,
        user=user,
        guardian=guardian,
        student=student,
        defaults={"part": part.value, "left_at": None},
        create_defaults={"part": part.value, "joined_at": clock.now()},
    )
    happened(case, Event.JOINED, user=by, words=member.name)
    return member


@transaction.atomic
def end_membership(*, member: Member, by: User) -> None:
    """This person reads nothing of the case any more; their words stay. The lead hands over first."""
    case = opened(member.case)
    mine = staff_member(case, by)
    if mine.pk != member.pk and mine.part != Part.LEAD.value:
        raise Unusable("The lead of this case does that. Ask them.")
    if member.part == Part.LEAD.value:
        raise Unusable("Hand the lead over to a colleague first.")
    Member.objects.filter(pk=member.pk, left_at=None).update(left_at=clock.now())
    happened(case, Event.LEFT, user=by, words=member.name)


@transaction.atomic
def hand_over(*, case: Case, to: Member, by: User) -> None:
    """Another member of the school leads from now on."""
    case = opened(case)
    mine = staff_member(case, by, Part.LEAD)
    if to.case_id != case.pk or to.user is None or member_is_gone(to) or to.pk == mine.pk:
        raise Unusable("Choose a colleague who is a member of this case.")
    mine.part = Part.TEACHER.value
    mine.save(update_fields=["part"])
    to.part = Part.LEAD.value
    to.save(update_fields=["part"])
    happened(case, Event.TAKEN_OVER, user=to.user, words=to.name)


def member_is_gone(member: Member) -> bool:
    return member.left_at is not None or member.user is None or not member.user.is_active


@transaction.atomic
def take_over(*, case: Case, why: str, by: User) -> Member:
    """The principal leads a case whose lead has gone; all members read that, and why. Raises NotYours."""
    if not without_lead(by).filter(pk=case.pk).exists():
        raise NotYours
    case = opened(case)
    why = said(why, "Say why: the family reads it.", most=500)
    now = clock.now()
    case.members.filter(part=Part.LEAD.value, left_at=None).update(left_at=now)
    member, _made = Member.objects.update_or_create(
        case=case,
        user=by,
        defaults={"part": Part.LEAD.value, "left_at": None},
        create_defaults={"part": Part.LEAD.value, "joined_at": now},
    )
    happened(case, Event.TAKEN_OVER, user=by, words=why)
    return member


@transaction.atomic
def note_consent(*, case: Case, guardian: Guardian, given: bool, how: How, by: User | None) -> Case:
    """What this adult said to working on it together: on their own page (``by`` None), or as staff heard it.

    A no closes the case: nothing is asked and nothing counted any more.
    """
    case = opened(case)
    member = family_member(case, guardian)
    if by is not None:
        staff_member(case, by)
    was = Consent(case.consent)
    if given:
        case.consent = Consent.GIVEN.value
    else:
        case.consent = (Consent.WITHDRAWN if was is Consent.GIVEN else Consent.DECLINED).value
    case.consent_at, case.consent_how, case.consent_by = clock.now(), how.value, member.guardian
    case.save(update_fields=["consent", "consent_at", "consent_how", "consent_by"])
    Asking.objects.filter(
        case=case, guardian=guardian, stage=Stage.SEES.value, answered_at=None
    ).update(answered_at=clock.now())
    happened(
        case,
        Event.CONSENT,
        user=by,
        guardian=None if by else guardian,
        after=case.consent,
        words=how.value,
    )
    if not given:
        _close(case, Ended.NO_CONSENT, "", by=by, guardian=None if by else guardian)
    return case


@transaction.atomic
def close(*, case: Case, why: Ended, words: str, by: User) -> Case:
    """End the case; what was learned stays for its members to read."""
    case = opened(case)
    staff_member(case, by, Part.LEAD)
    _close(case, why, said(words, most=2000), by=by)
    return case


def _close(
    case: Case, why: Ended, words: str, *, by: User | None, guardian: Guardian | None = None
) -> None:
    now = clock.now()
    today = now.astimezone(case.district.zone).date()
    Plan.objects.filter(case=case, ended_on=None, starts_on__gt=today).delete()
    Plan.objects.filter(case=case, ended_on=None).update(ended_on=today)
    Measure.objects.filter(case=case, starts_on__gt=today).delete()
    Measure.objects.filter(case=case, ends_on__gt=today).update(ends_on=today)
    case.closed_at, case.closed_why, case.closed_words = now, why.value, words
    case.save(update_fields=["closed_at", "closed_why", "closed_words"])
    happened(case, Event.CLOSED, user=by, guardian=guardian, after=why.value, words=words)


@transaction.atomic
def open_again(*, case: Case, by: User) -> Case:
    """Take it up again where it was; where the family had said no, it is asked anew."""
    found = (
        Case.objects.select_for_update(of=("self",))
        .select_related("student", "district")
        .get(pk=case.pk)
    )
    staff_member(found, by, Part.LEAD)
    if found.closed_at is None:
        return found
    found.closed_at, found.closed_why, found.closed_words = None, "", ""
    if found.consent != Consent.GIVEN.value:
        found.consent = Consent.NOT_ASKED.value
    found.save(update_fields=["closed_at", "closed_why", "closed_words", "consent"])
    happened(found, Event.OPENED_AGAIN, user=by)
    return found


def seen(*, case: Case, member: Member) -> None:
    """That this member looked, on the record."""
    Member.objects.filter(pk=member.pk).update(seen_at=clock.now())
    record("case.seen", case, by=member.user_id, district=case.district_id)
