"""One family: who lives here, how they can be reached and how we know, what happened, what is next."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.utils.translation import gettext as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.consent.models import Stop
from bothways.consent.queries import in_force, standing
from bothways.core import clock
from bothways.core.phone import show
from bothways.ledger.enums import Direction, SourceKind
from bothways.ledger.models import ContactEvent
from bothways.ledger.queries import timeline
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery, Entry, EntryMove, Version
from bothways.outreach.models import PersonContact
from bothways.people.enums import PointKind, PointState, WordClass
from bothways.people.models import (
    ContactPoint,
    Guardian,
    Household,
    HouseholdStudent,
    Link,
    Restriction,
    Student,
)
from bothways.schools.models import District
from bothways.web.staff.family_evidence import Proof, proofs
from bothways.web.staff.scope import children_of, homes_of, may


@dataclass(frozen=True, slots=True)
class Rights:
    """What this user may do for this family: by the roles held at its children's schools."""

    write: bool
    contact: bool
    restrictions: bool
    documents: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One address of an adult as this user may see it."""

    point: ContactPoint
    shown: str  # "" where it is kept from this user
    hidden: bool  # an address that is shown and printed to nobody else
    stopped_by_family: bool
    stopped_by_carrier: bool
    proofs: list[Proof] = field(default_factory=list)  # what became of what was sent to it

    @property
    def dial(self) -> str:
        """A number that a person may call, as a telephone takes it; "" where it is none."""
        calls = self.point.kind == PointKind.PHONE and self.point.state != PointState.FAILING
        return self.point.address if calls and self.shown else ""


@dataclass(frozen=True, slots=True)
class Order:
    restriction: Restriction
    child: Student
    now: bool


@dataclass(slots=True)
class Adult:
    guardian: Guardian
    links: list[Link] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    may_be_told: bool = False  # about at least one child here

    @property
    def relations(self) -> str:
        return ", ".join(dict.fromkeys(link.relation for link in self.links if link.relation))


@dataclass(frozen=True, slots=True)
class ChildHere:
    student: Student
    other_home: int | None  # the family of the child's second home
    orders_elsewhere: bool  # a restriction on an adult who does not live here


@dataclass(slots=True)
class Family:
    home: Household
    rights: Rights
    children: list[ChildHere]
    unseen_children: int
    adults: list[Adult]

    @property
    def guardians(self) -> list[Guardian]:
        return [adult.guardian for adult in self.adults]

    @property
    def orders(self) -> list[tuple[Adult, Order]]:
        """Restrictions of the adults here, those that hold now first."""
        found = [(adult, order) for adult in self.adults for order in adult.orders]
        return sorted(found, key=lambda one: not one[1].now)

    @property
    def elsewhere(self) -> list[ChildHere]:
        """Children about whom a restriction holds for an adult of another home."""
        return [child for child in self.children if child.orders_elsewhere]

    @property
    def links(self) -> list[Link]:
        return [link for adult in self.adults for link in adult.links]

    @property
    def students(self) -> list[Student]:
        return [child.student for child in self.children]


def rights(user: User, students: Iterable[Student]) -> Rights:
    schools = {student.school_id for student in students}
    return Rights(
        write=user.can(Permission.MESSAGE_WRITE),
        contact=may(user, Permission.CONTACT_EDIT, schools),
        restrictions=may(user, Permission.RESTRICTIONS_EDIT, schools),
        documents=may(user, Permission.RESTRICTIONS_READ, schools),
        protected=may(user, Permission.PROTECTED_READ, schools),
    )


def home_or_404(user: User, pk: int) -> Household:
    """The family, if this user serves a child of it."""
    home = homes_of(user).select_related("district").filter(pk=pk).first()
    if home is None:
        raise Http404
    return home


def read_family(user: User, home: Household) -> Family:
    """The family as this user may see it; a fixed number of queries."""
    now = clock.now()
    served = list(
        children_of(user)
        .filter(homes__household=home)
        .select_related("school")
        .order_by("-grade", "given", "pk")
    )
    here = rights(user, served)
    all_here = HouseholdStudent.objects.filter(household=home, student__ended_at=None).count()
    adults = _adults(home, served, here, now)
    return Family(
        home=home,
        rights=here,
        children=_children(home, served, now),
        unseen_children=all_here - len(served),
        adults=adults,
    )


def prove(found: Family) -> None:
    """Put to each way what became of what was sent to it; one query."""
    ways = [way for adult in found.adults for way in adult.ways]
    known = proofs(found.home, [(way.point.kind, way.point.match) for way in ways])
    for way in ways:
        way.proofs.extend(known.get((way.point.kind, way.point.match), []))


def _children(home: Household, served: list[Student], now: datetime) -> list[ChildHere]:
    others = dict(
        HouseholdStudent.objects.filter(student__in=served, household__ended_at=None)
        .exclude(household=home)
        .order_by("-household_id")
        .values_list("student_id", "household_id")
    )
    day = now.astimezone(home.district.zone).date()
    ordered = set(
        in_force(day)
        .filter(link__student__in=served, link__ended_at=None)
        .exclude(link__guardian__household=home)
        .values_list("link__student_id", flat=True)
    )
    return [ChildHere(child, others.get(child.pk), child.pk in ordered) for child in served]


def _adults(home: Household, served: list[Student], here: Rights, now: datetime) -> list[Adult]:
    found = {
        guardian.pk: Adult(guardian)
        for guardian in Guardian.objects.filter(household=home, ended_at=None, links__ended_at=None)
        .select_related("district")
        .distinct()
        .order_by("pk")
    }
    allowed = set(
        standing(district=home.district, at=now)
        .filter(guardian__in=found)
        .values_list("pk", flat=True)
    )
    links = {
        link.pk: link
        for link in Link.objects.filter(guardian__in=found, student__in=served, ended_at=None)
        .select_related("student", "guardian")
        .order_by("-primary_contact", "student_id")
    }
    for link in links.values():
        adult = found[link.guardian_id]
        adult.links.append(link)
        adult.may_be_told |= link.pk in allowed
    day = now.astimezone(home.district.zone).date()
    now_in_force = Exists(in_force(day).filter(pk=OuterRef("pk")))
    for restriction in (
        Restriction.objects.filter(link__in=links, lifted_at=None)
        .annotate(holds=now_in_force)
        .order_by("pk")
    ):
        link = links[restriction.link_id]
        order = Order(restriction, link.student, restriction.holds)
        # One that has run out is history; one that is still to come is worth knowing.
        if order.now or restriction.starts_on is None or restriction.starts_on > day:
            found[link.guardian_id].orders.append(order)
    for pk, ways in _ways(home.district, found, here).items():
        found[pk].ways = ways
    return sorted(
        found.values(), key=lambda a: (not any(k.primary_contact for k in a.links), a.guardian.pk)
    )


def _ways(district: District, adults: dict[int, Adult], here: Rights) -> dict[int, list[Way]]:
    points = list(
        ContactPoint.objects.filter(guardian__in=adults, ended_at=None).order_by(
            "guardian_id", "position", "pk"
        )
    )
    matches = {point.match for point in points}
    stops = {
        (stop.kind, stop.match, stop.by)
        for stop in Stop.objects.filter(district=district, match__in=matches, lifted_at=None)
    }
    # A home that is hidden for one adult is hidden whoever else gave it as theirs.
    hidden = set(
        ContactPoint.objects.filter(
            district=district,
            kind=PointKind.POSTAL.value,
            match__in=matches,
            guardian__address_hidden=True,
        ).values_list("match", flat=True)
    )
    found: dict[int, list[Way]] = defaultdict(list)
    for point in points:
        secret = point.kind == PointKind.POSTAL.value and (
            point.match in hidden or adults[point.guardian_id].guardian.address_hidden
        )
        shown = _as_shown(point)
        found[point.guardian_id].append(
            Way(
                point=point,
                shown="" if secret and not here.contact else shown,
                hidden=secret,
                stopped_by_family=(point.kind, point.match, Stop.By.OURS.value) in stops,
                stopped_by_carrier=(point.kind, point.match, Stop.By.CARRIER.value) in stops,
            )
        )
    return found


def _as_shown(point: ContactPoint) -> str:
    """An address as people write it; a browser has none."""
    if point.kind in (PointKind.PHONE, PointKind.WHATSAPP):
        return show(point.address)
    if point.kind == PointKind.PUSH:
        return _("asked for on a family’s page")
    return point.address


@dataclass(slots=True)
class Happening:
    """One thing that happened, with the highest level it proves."""

    at: datetime
    level: int
    channel: str
    from_family: bool
    student: Student | None
    guardian: Guardian | None
    words: str = ""
    language: str = ""
    by: str = ""
    result: str = ""
    failed: str = ""  # the state of a delivery that came to nothing
    error: str = ""
    withheld: bool = False  # words that this user may not read
    private: bool = False  # words that are never printed
    conversation: int | None = None
    message: int | None = None


def happenings(events: Iterable[ContactEvent], *, user: User, here: Rights) -> list[Happening]:
    """Lines of the ledger, newest first, with the words behind them that this user may read."""
    grouped: dict[tuple[str, int], list[ContactEvent]] = defaultdict(list)
    for event in events:
        grouped[event.source_kind, event.source_id].append(event)
    sources = _Sources(grouped, user)
    found = []
    for (kind, pk), lines in grouped.items():
        top = max(lines, key=lambda line: line.level)
        happening = Happening(
            at=min(line.at for line in lines),
            level=top.level,
            channel=top.channel,
            from_family=kind in (SourceKind.ENTRY.value, SourceKind.MOVED.value)
            or (top.direction == Direction.FROM_FAMILY.value and len(lines) == 1),
            student=top.student,
            guardian=top.guardian,
        )
        sources.fill(happening, kind, pk)
        class_ = max((line.word_class for line in lines), key=_STRICT.index)
        happening.private = class_ in (WordClass.PROTECTED.value, WordClass.STUDENT_VOICE.value)
        readable = class_ != WordClass.PROTECTED.value or here.protected
        if (entry := sources.said(kind, pk)) is not None:
            readable |= entry.pk in sources.told
        # One's own words one may read.
        readable |= sources.noted_by(kind, pk) == user.pk
        if not readable and happening.words:
            happening.words, happening.withheld = "", True
        found.append(happening)
    return found


_FAILED = (State.REJECTED.value, State.UNDELIVERED.value)
_STRICT = [
    WordClass.FAMILY.value,
    WordClass.SPEAKER_ONLY.value,
    WordClass.STUDENT_VOICE.value,
    WordClass.PROTECTED.value,
]


class _Sources:
    """The words behind ledger lines: three queries, and the alerts of this user."""

    def __init__(self, grouped: Collection[tuple[str, int]], user: User) -> None:
        ids: dict[str, list[int]] = defaultdict(list)
        for kind, pk in grouped:
            ids[kind].append(pk)
        self.visits = {
            visit.pk: visit
            for visit in PersonContact.objects.filter(
                pk__in=ids[SourceKind.VISIT.value]
            ).select_related("by")
        }
        self.entries = {
            entry.pk: entry for entry in Entry.objects.filter(pk__in=ids[SourceKind.ENTRY.value])
        }
        self.moved = {
            move.pk: move.entry
            for move in EntryMove.objects.filter(pk__in=ids[SourceKind.MOVED.value]).select_related(
                "entry"
            )
        }
        self.deliveries = {
            delivery.pk: delivery
            for delivery in Delivery.objects.filter(
                pk__in=ids[SourceKind.DELIVERY.value]
            ).select_related("message__author")
        }
        self.told = set(
            Entry.objects.filter(
                pk__in=[*self.entries, *(entry.pk for entry in self.moved.values())],
                alerts__user=user,
            ).values_list("pk", flat=True)
        )
        self.gathered: dict[int, list[int]] = defaultdict(list)
        leads = [d.pk for d in self.deliveries.values() if d.digest_id == d.pk]
        for lead, message in (
            Delivery.objects.filter(digest__in=leads, state=State.GATHERED.value)
            .order_by("pk")
            .values_list("digest_id", "message_id")
        ):
            self.gathered[lead or 0].append(message)
        told = {d.message_id for d in self.deliveries.values()}
        told.update(message for messages in self.gathered.values() for message in messages)
        self.versions: dict[tuple[int, str], Version] = {
            (version.message_id, version.language): version
            for version in Version.objects.filter(message__in=told)
        }

    def words_of(self, delivery: Delivery, tag: str) -> str:
        """The beginning of a message; of a digest of each message that went with it."""
        together = [*self.gathered.get(delivery.pk, []), delivery.message_id]
        found = [self.versions[one, tag] for one in together if (one, tag) in self.versions]
        return " · ".join(version.subject or version.body[:200] for version in found)

    def noted_by(self, kind: str, pk: int) -> int | None:
        """Who noted the call or visit that the line is of."""
        visit = self.visits.get(pk) if kind == SourceKind.VISIT.value else None
        return visit.by_id if visit else None

    def said(self, kind: str, pk: int) -> Entry | None:
        """What the family wrote, where the line is of its words."""
        if kind == SourceKind.MOVED.value:
            return self.moved.get(pk)
        return self.entries.get(pk) if kind == SourceKind.ENTRY.value else None

    def fill(self, happening: Happening, kind: str, pk: int) -> None:
        if kind == SourceKind.VISIT.value and pk in self.visits:
            visit = self.visits[pk]
            happening.words, happening.result = visit.words, visit.result
            happening.by = visit.by.name if visit.by else ""
        elif (entry := self.said(kind, pk)) is not None:
            happening.words, happening.language = entry.body, entry.language
            happening.conversation = entry.conversation_id
        elif kind == SourceKind.DELIVERY.value and pk in self.deliveries:
            delivery = self.deliveries[pk]
            tag = delivery.languages[0] if delivery.languages else ""
            happening.words = self.words_of(delivery, tag)
            happening.language = tag
            if delivery.state in _FAILED:
                happening.failed, happening.error = delivery.state, delivery.error
            author = delivery.message.author
            happening.by = author.name if author else ""
            happening.message = delivery.message_id
            happening.conversation = delivery.message.conversation_id


MOST_LINES = 200


def events_of(user: User, home: Household) -> list[ContactEvent]:
    """The latest lines about this family and the children whom this user serves."""
    served = children_of(user)
    return list(timeline(home.pk).filter(Q(student=None) | Q(student__in=served))[:MOST_LINES])
