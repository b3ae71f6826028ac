"""Words in the wrong conversation: another family's, or about another child. A person moves them.

An address tells whose words they are only as far as it goes: of a number that two families share, of a family
that answers one message and means another child. What was concluded from the words goes with them. The ledger
is only added to: the lines that were written from them are *withdrawn* (they stay, and count no more), one line
of source ``moved`` counts in their place, and the roll-ups of both families are read anew. The delivery that
they seemed to answer goes back to what other words, receipts and lines show of it; states else only move
forward, by receipts, so this one way back is a person's, and audited.

A stop, and a number that was called wrong, stay where they are: both are about the address, not the family.
Moving back is moving again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations

from django.db import transaction
from django.db.models import Q, QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.languages.meaning import read_reply
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.models import ContactEvent
from bothways.ledger.services import Line, withdraw, write
from bothways.messaging.enums import NEEDS_ANSWER, Meaning, State
from bothways.messaging.models import Conversation, Delivery, Entry, EntryMove
from bothways.messaging.queries import Writer
from bothways.messaging.services.evidence import refresh_families, refresh_points
from bothways.messaging.services.replies import (
    EVIDENCE,
    address_works,
    alert_duty,
    conversation_with,
    same_number,
    show_sign,
)
from bothways.messaging.services.taking import let_go_of
from bothways.people.enums import WordClass
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Restriction,
    Student,
)

_SIGNS = (State.SEEN.value, State.ANSWERED.value)
MISPLACED = "moved"


class NotMovable(ValueError):
    """These words cannot go there; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation to which words may belong; ``student`` None: about no child in particular."""

    household: Household
    student: Student | None


def places(entry: Entry, *, homes: QuerySet[Household], children: QuerySet[Student]) -> list[Place]:
    """Where these words could belong instead, of the families and children that the reader serves.

    Families that share the address they came from, the one they were moved away from, and the other children
    of the same family; never a family that an order keeps apart from the one where they are.
    """
    here = entry.conversation
    if here is None or not entry.from_family:
        return []
    ids = _sharing(entry) | {here.household_id}
    ids -= _apart(here.household_id, ids)
    served: dict[int, list[Student]] = defaultdict(list)
    for row in (
        HouseholdStudent.objects.filter(household__in=ids, student__in=children)
        .select_related("student")
        .order_by("student__given", "student_id")
    ):
        served[row.household_id].append(row.student)
    found = []
    for home in homes.filter(pk__in=ids).order_by("pk"):
        found += [Place(home, child) for child in served[home.pk]]
        found.append(Place(home, None))
    found.sort(key=lambda place: place.household.pk != here.household_id)
    return [
        place
        for place in found
        if (place.household.pk, place.student and place.student.pk)
        != (here.household_id, here.student_id)
    ]


def _sharing(entry: Entry) -> set[int]:
    """Families that this address reaches, and those where these words have been before."""
    points = ContactPoint.objects.filter(
        kind__in=same_number(entry.kind), match=entry.match, ended_at=None
    ).exclude(why="wrong_person")
    homes = set(
        points.filter(
            district=entry.district_id,
            guardian__ended_at=None,
            guardian__household__ended_at=None,
            guardian__household__isnull=False,
        ).values_list("guardian__household", flat=True)
        if entry.match
        else ()
    )
    before = entry.moves.exclude(before=None).values_list("before__household", flat=True)
    return homes | set(before)


def _apart(home: int, others: Iterable[int]) -> set[int]:
    """Those of these families that an order keeps apart from this one.

    What somebody who is barred from a child wrote is never put where those who live with that child are
    written to, nor the other way round. Dates do not matter here: an order of tomorrow has its reason today.
    """
    wanted = {home, *others}
    barred = {
        (living, student)
        for living, student in Restriction.objects.filter(
            lifted_at=None, link__guardian__household__in=wanted
        ).values_list("link__guardian__household", "link__student")
    }
    lives = set(
        HouseholdStudent.objects.filter(
            household__in=wanted, student__in={student for _, student in barred}
        ).values_list("household_id", "student_id")
    )
    return {
        other
        for other in wanted - {home}
        for one, two in permutations((home, other))
        if any(living == one and (two, student) in lives for living, student in barred)
    }


@transaction.atomic
def move_entry(
    *, entry: Entry, household: Household, student: Student | None, by: User
) -> Conversation:
    """Put these words into the conversation of this family about this child (None: in general).

    It is made where there is none, with an owner as ever. Raises NotMovable where the family does not share
    the address and the words have never been with it, or where an order keeps the two apart. Who may see
    which family is the caller's to ask (``places``). The same move twice is one.
    """
    entry = (
        Entry.objects.select_for_update(of=("self",))
        .select_related("conversation__household", "delivery")
        .get(pk=entry.pk)
    )
    before = entry.conversation
    if before is None or not entry.from_family:
        raise NotMovable("Only words of a family, in a conversation, can be moved.")
    if (before.household_id, before.student_id) == (household.pk, student.pk if student else None):
        return before
    _must_fit(entry, before, household, student)
    now = clock.now()
    answered = _answered_there(entry, household, student)
    after = conversation_with(
        Writer(
            district_id=household.district_id,
            household=household,
            guardian=None,
            student=student,
            delivery=answered,
            language=entry.language,
        ),
        entry.at,
    )
    lines = lines_of(entry, before)
    move = EntryMove.objects.create(entry=entry, before=before, after=after, at=now, by=by)
    seemed = entry.delivery
    entry.conversation, entry.delivery = after, answered
    entry.guardian = writer_there(entry, household, student)
    entry.save(update_fields=["conversation", "delivery", "guardian"])
    withdraw([line.pk for line in lines], why=MISPLACED, by=by.pk, at=now)
    let_go_of(entry, at=now)
    if seemed is not None:
        take_back(seemed, by=by, at=now)
    count(entry, move, after, at=now)
    wait_less(before, entry)
    wait_more(after, entry)
    if entry.danger:
        # Who was told stays told; the duty persons of the other child's school have to know, too.
        alert_duty(entry, after)
    record(
        "entry.moved",
        entry,
        by=by.pk,
        district=entry.district_id,
        before=before.pk,
        after=after.pk,
        lines=[line.pk for line in lines],
    )
    return after


def _must_fit(
    entry: Entry, before: Conversation, household: Household, student: Student | None
) -> None:
    if household.ended_at is not None or household.district_id != before.district_id:
        raise NotMovable("This family is recorded in another way now. Open the page again.")
    if household.pk != before.household_id:
        if household.pk not in _sharing(entry):
            raise NotMovable(
                "This family does not share the number or address that the words came from. Add it on the "
                "family’s page first, if it is theirs."
            )
        if _apart(before.household_id, [household.pk]):
            raise NotMovable(
                "An order keeps these two families apart, so words are not moved between them. Ask the "
                "principal."
            )
    if student is not None and not household.children.filter(student=student).exists():
        raise NotMovable("This child is not of this family. Open the page again.")


def _answered_there(entry: Entry, home: Household, student: Student | None) -> Delivery | None:
    """What this family got last at this address before it wrote, about this child where it is about one."""
    sent = Delivery.objects.filter(
        household=home,
        kind=entry.kind,
        match=entry.match,
        rank__gte=State.CLAIMED.rank,
        claimed_at__lte=entry.at,
    ).exclude(state__in=[State.WITHHELD.value, State.GATHERED.value])
    if student is not None:
        sent = sent.filter(
            Q(student=student) | Q(student=None, recipients__link__student=student)
        ).distinct()
    else:
        sent = sent.filter(student=None)
    return sent.order_by("-claimed_at", "-pk").first() if entry.match else None


def writer_there(entry: Entry, home: Household, student: Student | None) -> Guardian | None:
    """The one adult of this family who has this address; None where it is several, or nobody."""
    adults = Guardian.objects.filter(
        household=home,
        ended_at=None,
        points__kind__in=same_number(entry.kind),
        points__match=entry.match,
        points__ended_at=None,
    )
    if student is not None:
        adults = adults.filter(links__student=student, links__ended_at=None)
    found = list(adults.distinct()[:2])
    return found[0] if len(found) == 1 else None


def lines_of(entry: Entry, before: Conversation) -> list[ContactEvent]:
    """The lines that stand in the ledger because of these words, and count."""
    sources = Q(source_kind=SourceKind.ENTRY.value, source_id=entry.pk) | Q(
        source_kind=SourceKind.MOVED.value, source_id__in=entry.moves.values("pk")
    )
    if entry.delivery_id is not None and EVIDENCE.get(Meaning(entry.meaning)) is Level.SEEN:
        again = Entry.objects.filter(
            delivery=entry.delivery_id, meaning=entry.meaning, from_family=True, moves=None
        ).exclude(pk=entry.pk)
        # Another gesture at the same delivery has no line of its own: it is this one.
        if not again.exists() and not entry.moves.exists():
            sources |= Q(
                source_kind=SourceKind.DELIVERY.value,
                source_id=entry.delivery_id,
                level=int(Level.SEEN),
            )
    return list(ContactEvent.objects.filter(sources, household=before.household_id, withdrawn=None))


def _worth(entry: Entry) -> Level | None:
    """What these words prove about the family whose they are; None: nothing."""
    level = EVIDENCE.get(Meaning(entry.meaning))
    if level is None:
        return None
    also = {kind.value for kind in read_reply(entry.body, entry.language or None).also}
    return None if Meaning.WRONG_PERSON.value in also else level


def take_back(delivery: Delivery, *, by: User, at: datetime) -> None:
    """Let a delivery show what is left without these words: other words, receipts, its own lines."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state not in _SIGNS:
        return
    state = _state_left(delivery)
    if state.value != delivery.state:
        record(
            "delivery.corrected",
            delivery,
            by=by.pk,
            district=delivery.district_id,
            before=delivery.state,
            after=state.value,
        )
        delivery.state, delivery.rank = state.value, state.rank
        delivery.save(update_fields=["state", "rank"])
    refresh_points([delivery.pk], at=at)
    refresh_families([delivery.household_id])


def _state_left(delivery: Delivery) -> State:
    others = Entry.objects.filter(delivery=delivery, from_family=True)
    signs = [level for level in map(_worth, others) if level is not None]
    if signs:
        return State.ANSWERED if max(signs) is Level.ANSWERED else State.SEEN
    told = set(
        ContactEvent.objects.filter(
            source_kind=SourceKind.DELIVERY.value, source_id=delivery.pk, withdrawn=None
        ).values_list("level", flat=True)
    )
    if Level.DELIVERED in told:
        return State.DELIVERED
    if Level.ATTEMPTED in told or delivery.accepted_at is not None:
        return State.ACCEPTED
    paper = delivery.channel in (Channel.LETTER.value, Channel.HANDOVER.value)
    # It went out, or else nobody could have answered it; whether it arrived nothing says any more.
    return State.PRINTED if paper else State.HELD


def count(entry: Entry, move: EntryMove, after: Conversation, *, at: datetime) -> None:
    """Let the words count for the family whose they are, from the moment at which they came."""
    level = _worth(entry)
    if level is None:
        return
    write(
        [
            Line(
                district_id=after.district_id,
                household_id=after.household_id,
                student_id=after.student_id,
                guardian_id=entry.guardian_id,
                at=entry.at,
                level=level,
                direction=Direction.FROM_FAMILY,
                channel=entry.channel,
                source_kind=SourceKind.MOVED,
                source_id=move.pk,
                word_class=WordClass(entry.word_class),
            )
        ]
    )
    if entry.delivery is not None:
        show_sign(entry.delivery, level, at=at)
    address_works(after.household, Channel(entry.channel), entry.kind, entry.match, at=at)


def _owed(entries: Iterable[Entry]) -> list[Entry]:
    """Those that a person has to answer."""
    return [
        e for e in entries if e.from_family and (Meaning(e.meaning) in NEEDS_ANSWER or e.danger)
    ]


def wait_less(talk: Conversation, entry: Entry) -> None:
    """Who wrote these words does not wait here; whoever wrote after them may."""
    talk.refresh_from_db()
    left = list(talk.entries.order_by("at", "pk"))
    if talk.waiting_since is not None and talk.waiting_since >= entry.at:
        since = talk.waiting_since
        talk.waiting_since = min((e.at for e in _owed(left) if e.at >= since), default=None)
    talk.last_at = left[-1].at if left else talk.last_at
    talk.save(update_fields=["waiting_since", "last_at"])


def wait_more(talk: Conversation, entry: Entry) -> None:
    """An answer in the other conversation was none to this family: it waits since it wrote."""
    talk.refresh_from_db()
    answered = talk.entries.filter(from_family=False, at__gt=entry.at).exists()
    if _owed([entry]) and not answered:
        talk.waiting_since = min(filter(None, (talk.waiting_since, entry.at)))
    talk.last_at = max(talk.last_at, entry.at)
    talk.save(update_fields=["waiting_since", "last_at"])


def moved_away(talk: Conversation) -> Sequence[EntryMove]:
    """Words that were here once and are elsewhere now, newest first."""
    return list(
        EntryMove.objects.filter(before=talk)
        .exclude(entry__conversation=talk)
        .select_related("by")
        .order_by("-at", "-pk")
    )


@transaction.atomic
def wait_with(homes: Sequence[tuple[int, int]]) -> None:
    """Families that are recorded in another way now, (old, new): who waited there for an answer waits here.

    Their words have been carried along; where the new family had a conversation about the same child
    already, only the waiting is left behind.
    """
    became = dict(homes)
    left = Conversation.objects.select_for_update().filter(
        household__in=became, waiting_since__isnull=False
    )
    for talk in left.order_by("pk"):
        here = (
            Conversation.objects.select_for_update()
            .filter(household=became[talk.household_id], student=talk.student_id)
            .first()
        )
        if here is None:
            continue
        here.waiting_since = min(filter(None, (here.waiting_since, talk.waiting_since)))
        here.owner_id = here.owner_id or talk.owner_id
        here.last_at = max(here.last_at, talk.last_at)
        here.save(update_fields=["waiting_since", "owner", "last_at"])
        talk.waiting_since = None
        talk.save(update_fields=["waiting_since"])
