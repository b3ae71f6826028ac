"""What the page of a case offers for the family: a barrier in one tap, a talk, an item from home’s words."""

from dataclasses import dataclass

from django.http import Http404

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.cases.enums import Part, Side
from bothways.cases.models import Case, Contribution
from bothways.cases.queries import cases_for, loaded, member_of, readable, reader_for
from bothways.people.enums import WordClass
from bothways.people.models import HouseholdStudent
from bothways.web.models import new_key
from bothways.web.staff.scope import children_of


@dataclass(frozen=True, slots=True)
class Offers:
    """``home``: the family, 0 where this user may do nothing for it here."""

    home: int = 0
    tap: bool = False
    talk: str = ""  # the key of a form, "" where this user begins no talk
    lines: frozenset[int] = frozenset()  # words of home that can be made somebody's to do


def offers(user: User, case: Case, shown: list[Contribution]) -> Offers:
    """What this member may do for the child's home; ``case`` is loaded, one query.

    A member who does not serve the child (any more) is offered nothing: a case opens no family.
    """
    if case.closed_at is not None:
        return Offers()
    adults = {
        member.guardian.pk: member.guardian.household_id
        for member in case.members.all()
        if member.guardian is not None and member.left_at is None
    }
    lived_in = set(
        HouseholdStudent.objects.filter(
            household__in=[home for home in adults.values() if home],
            household__ended_at=None,
            student=case.student_id,
            student__in=children_of(user),
        ).values_list("household_id", flat=True)
    )
    home = next((home for home in adults.values() if home in lived_in), None)
    if home is None:
        return Offers()
    makes = user.can(Permission.INBOX_ANSWER)
    return Offers(
        home=home,
        tap=user.can(Permission.FAMILIES_SEE),
        talk=new_key() if user.may(Permission.CASES, {case.student.school_id}) else "",
        lines=frozenset(
            one.pk
            for one in shown
            if makes and can_be_made(one) and adults.get(one.member.guardian_id or 0) in lived_in
        ),
    )


def can_be_made(one: Contribution) -> bool:
    """Words of home that all members read: others were said to the case alone, and danger has its own way."""
    return (
        Part(one.member.part).side is Side.HOME
        and one.member.guardian_id is not None
        and one.word_class == WordClass.FAMILY.value
        and not one.danger
        and one.withdrawn_at is None
    )


def said_in_case(user: User, pk: int, home: int) -> Contribution:
    """These words of an adult of this home, for a member who may read them; Http404 for anybody else."""
    one = (
        Contribution.objects.filter(
            pk=pk, member__guardian__household=home, case__closed_at=None, case__in=cases_for(user)
        )
        .select_related("member__guardian", "case__student")
        .first()
    )
    case = loaded(cases_for(user)).filter(pk=one.case_id).first() if one else None
    member = member_of(case, user) if case else None
    if one is None or case is None or member is None or not can_be_made(one):
        raise Http404
    if not readable([one], member, reader_for(member, case)):
        raise Http404
    return one
