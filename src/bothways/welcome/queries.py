"""What families told, for whom it is meant; how far each has come."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from bothways.core.sql import among
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household
from bothways.schools.models import District
from bothways.welcome.enums import Asked
from bothways.welcome.models import Answer, Carer, Invitation, Sound, Talk
from bothways.welcome.rules import asked_of, may_read

_TOLD = Q(withdrawn_at=None) & (~Q(words="") | Q(sound__isnull=False))


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as a member of staff may see it. ``withheld``: it is there, for named staff."""

    answer: Answer
    withheld: bool
    spoken: bool


def told_to_staff(
    household: Household, *, children: Collection[int], protected: bool, user: int
) -> list[Told]:
    """What the adults of this home told, the latest talk first; one query.

    ``children``: ids of those whom the reader serves: answers about another child are not asked for.
    ``protected``: whether the reader may read protected words here.
    """
    rows = (
        Answer.objects.filter(
            Q(student=None) | Q(student__in=list(children)), _TOLD, talk__household=household
        )
        .select_related("talk__guardian", "student", "by")
        .annotate(spoken=Exists(Sound.objects.filter(answer=OuterRef("pk"))))
        .order_by("-talk__began_at", "-talk_id", "pk")
    )
    return [
        Told(
            row,
            not may_read(row.word_class, protected=protected, wrote_it=row.by_id == user),
            row.spoken,
        )
        for row in rows
    ]


def told_by_family(guardian: Guardian, *, children: Collection[int]) -> QuerySet[Answer]:
    """What this adult may read on the own pages: their own answers, and what another adult of the same home
    told for all of them, about these children.

    Whose home it is now decides: what the other parent told does not come along when one moves out.
    """
    own = Q(talk__guardian=guardian)
    same_home = Q(
        talk__household=guardian.household_id,
        talk__guardian__household=guardian.household_id,
        talk__guardian__household__isnull=False,
        word_class=WordClass.FAMILY.value,
    )
    return (
        Answer.objects.filter(own | same_home, Q(student=None) | Q(student__in=list(children)))
        .filter(_TOLD | Q(declined=True))
        .select_related("talk__guardian", "student", "by")
        .annotate(spoken=Exists(Sound.objects.filter(answer=OuterRef("pk"))))
        .order_by("-talk__began_at", "-talk_id", "pk")
    )


def talk_of(household: Household, guardian: Guardian) -> Talk | None:
    """The latest with this adult in this home."""
    return (
        Talk.objects.filter(household=household, guardian=guardian)
        .order_by("-began_at", "-pk")
        .first()
    )


def open_carers(household: Household) -> list[Carer]:
    """Whom the family named, and nobody of the office has looked at yet; one query."""
    return list(
        Carer.objects.filter(answer__talk__household=household, settled_at=None)
        .exclude(answer__words="")
        .select_related("answer__talk")
        .order_by("at")
    )


def asked_at(household: Household) -> tuple[Asked, Sequence[Talk]]:
    """How far this family has come, and its talks, the latest first; two queries at the most."""
    answered = Answer.objects.filter(_TOLD | Q(declined=True), talk=OuterRef("pk"))
    talks = list(
        Talk.objects.filter(household=household)
        .annotate(has=Exists(answered))
        .select_related("guardian", "held_by")
        .order_by("-pk")
    )
    state = asked_of(((one.ended_at, one.declined_at, one.has) for one in talks), invited=False)
    # Whoever told something, or would rather not, is further than asked.
    if state is Asked.NOT_YET and Invitation.objects.filter(household=household).exists():
        state = Asked.INVITED
    return state, talks


def asked_in(district: District, homes: Sequence[int]) -> dict[int, Asked]:
    """How far each of these families has come; two queries."""
    answered = Answer.objects.filter(_TOLD | Q(declined=True), talk=OuterRef("pk"))
    talks: dict[int, list[tuple[object, object, bool]]] = defaultdict(list)
    for home, ended, declined, has in (
        Talk.objects.filter(district=district, household__in=among(homes))
        .annotate(has=Exists(answered))
        .values_list("household_id", "ended_at", "declined_at", "has")
    ):
        talks[home].append((ended, declined, has))
    invited = set(
        Invitation.objects.filter(district=district, household__in=among(homes)).values_list(
            "household_id", flat=True
        )
    )
    return {home: asked_of(talks[home], invited=home in invited) for home in homes}  # type: ignore[arg-type]
