"""What the school sent to one adult, and what that adult said: read for their own pages and for taking along.

Only what was meant for this adult, about children for whom they have standing now. What another adult wrote,
safety notes, disclosures and a child's own words are not asked for at all.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.safestring import SafeString

from bothways.accounts.models import Membership
from bothways.audit.models import Entry as Look
from bothways.languages.codes import direction
from bothways.messaging.enums import Meaning, MessageKind, State
from bothways.messaging.models import Delivery, Entry, Recipient, Recording, Version
from bothways.outreach.enums import RequestOutcome, Result
from bothways.outreach.models import FamilyRequest, PersonContact
from bothways.people.enums import WordClass
from bothways.people.masking import masked
from bothways.people.models import Guardian, Link, PointChange
from bothways.schools.models import District
from bothways.web.family import tongues
from bothways.web.family.links import paragraphs
from bothways.web.family.wording import Words

# What this adult may read again: what families share with the school, and their own words in confidence.
OWN = (WordClass.FAMILY.value, WordClass.SPEAKER_ONLY.value)
_EXCERPT = 220


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as its reader sees it."""

    delivery: int
    message: int
    code: str  # "" where its own page has closed
    sender: str
    at: datetime
    day: str
    subject: str
    body: str
    language: str
    direction: str
    untranslated: bool
    child: int | None  # the one child whom it is about
    to: str  # the address it went to, masked
    sound: int | None  # version with a recorded voice

    @property
    def excerpt(self) -> str:
        plain = " ".join(self.body.split())
        return plain if len(plain) <= _EXCERPT else plain[:_EXCERPT].rsplit(" ", 1)[0] + " …"

    @property
    def paragraphs(self) -> list[SafeString]:
        return paragraphs(self.body)


def letters_to(
    district: District,
    links: Sequence[Link],
    words: Words,
    now: datetime,
    *,
    most: int,
    before: int | None = None,
    automatic: bool = False,
) -> list[Letter]:
    """What went out to the adult of these links, the latest first; one query.

    ``links``: those with standing now. ``automatic``: also what the system confirms by itself.
    """
    if not links:
        return []
    children = [link.student_id for link in links]
    versions = ArraySubquery(
        Version.objects.may_go()
        .filter(message=OuterRef("message"))
        .order_by("pk")
        .values(
            of=JSONObject(
                id="pk",
                language="language",
                subject="subject",
                body="body",
                spoken=Exists(Recording.objects.filter(version=OuterRef("pk"))),
            )
        )
    )
    # From the few links to their deliveries, never through all there are.
    served = Recipient.objects.filter(link__in=[link.pk for link in links]).values("delivery")
    mine = Delivery.objects.filter(pk__in=served)
    found = (
        mine.filter(Q(rank__gte=State.CLAIMED.rank) | Q(tries__gt=0))
        .filter(Q(student=None) | Q(student__in=children))
        .filter(Q(message__student=None) | Q(message__student__in=children))
        .exclude(state__in=[State.WITHHELD.value])
        .select_related("message__author", "message__school", "digest")
        .annotate(said=versions)
        .order_by("-pk")
    )
    if not automatic:
        found = found.filter(
            message__kind__in=[
                MessageKind.NEWS.value,
                MessageKind.CARD.value,
                MessageKind.CONVERSATION.value,
                MessageKind.QUESTION.value,
            ]
        )
    if before is not None:
        found = found.filter(pk__lt=before)
    seen: set[int] = set()
    letters = []
    # The same message by several ways and tries is one.
    for delivery in found[: most * 3]:
        if delivery.message_id in seen:
            continue
        seen.add(delivery.message_id)
        letters.append(_letter(delivery, words, now, district))
        if len(letters) == most:
            break
    return letters


def _letter(delivery: Delivery, words: Words, now: datetime, district: District) -> Letter:
    message = delivery.message
    said: Mapping[str, dict[str, Any]] = {one["language"]: one for one in delivery.said}  # type: ignore[attr-defined]
    chosen = tongues.version_in(words.tag, said, delivery.languages, district.default_language)
    nothing: dict[str, Any] = {"subject": "", "body": "", "id": 0}
    language, version = chosen if chosen else (words.tag, nothing)
    at = message.sent_at or delivery.created_at
    carrier = delivery
    if delivery.state == State.GATHERED and delivery.digest is not None:
        carrier = delivery.digest  # its words went with this one, and its link opens them
    open_until = message.expires_at
    school = message.school.name if message.school else district.name
    author = message.author.name if message.author else ""
    return Letter(
        delivery=delivery.pk,
        message=message.pk,
        code=carrier.code if open_until is None or open_until > now else "",
        sender=f"{author}, {school}" if author else school,
        at=at,
        day=words.date(at.astimezone(district.zone).date()),
        subject=version["subject"],
        body=version["body"],
        language=language,
        direction=direction(language),
        untranslated=language != words.tag and words.tag not in said,
        child=delivery.student_id or message.student_id,
        to=masked(delivery.kind, delivery.address or delivery.match),
        sound=version["id"] if version.get("spoken") else None,
    )


@dataclass(slots=True)
class Said:
    """One thing that this adult told the school, or that came of it."""

    at: datetime
    heading: str
    body: str = ""
    language: str = ""
    answers: list["Said"] = field(default_factory=list)

    @property
    def direction(self) -> str:
        return direction(self.language) if self.language else "auto"


def said_by(guardian: Guardian, links: Sequence[Link], words: Words, *, most: int) -> list[Said]:
    """What this adult told the school with what came of it, the latest first; a fixed number of queries."""
    district = guardian.district
    children = [link.student_id for link in links]

    def day(at: datetime) -> str:
        return words.date(at.astimezone(district.zone).date())

    found: list[Said] = []
    rows = (
        Entry.objects.filter(
            Q(guardian=guardian, from_family=True)
            | Q(from_family=False, delivery__recipients__link__in=[link.pk for link in links]),
            Q(conversation__student=None) | Q(conversation__student__in=children),
            word_class__in=OWN,
            moves=None,
        )
        .exclude(body="")
        .exclude(meaning=Meaning.AUTO_REPLY.value)
        .select_related("author", "conversation__owner")
        .distinct()
        .order_by("-at", "-pk")[:most]
    )
    for entry in rows:
        by = entry.author.name if entry.author else district.name
        heading = (
            words.say("home_you_wrote", date=day(entry.at))
            if entry.from_family
            else words.say("home_answered", name=by, date=day(entry.at))
        )
        one = Said(entry.at, heading, entry.body, entry.language)
        talk = entry.conversation
        if entry.from_family and talk and talk.waiting_since and talk.waiting_since <= entry.at:
            owner = talk.owner.name if talk.owner else district.name
            one.answers.append(Said(entry.at, words.say("home_waits", name=owner)))
        found.append(one)
    for change in PointChange.objects.filter(guardian=guardian).order_by("-at", "-pk")[:most]:
        if change.refused_at is not None:
            heading = words.say("home_change_refused", date=day(change.refused_at))
        elif change.confirmed_at is not None:
            heading = words.say("home_changed", date=day(change.confirmed_at))
        else:
            heading = words["home_change_open"]
        found.append(Said(change.at, heading))
    for note in (
        PersonContact.objects.filter(
            guardian=guardian, word_class=WordClass.FAMILY.value, result=Result.TALKED.value
        )
        .exclude(words="")
        .select_related("by")
        .order_by("-at", "-pk")[:most]
    ):
        by = note.by.name if note.by else district.name
        found.append(Said(note.at, words.say("home_noted", name=by, date=day(note.at)), note.words))
    for request in (
        FamilyRequest.objects.filter(guardian=guardian)
        .select_related("owner", "answered_by")
        .order_by("-at", "-pk")[:most]
    ):
        one = Said(
            request.at,
            words.say("home_you_wrote", date=day(request.at)),
            request.words,
            request.language,
        )
        one.answers.append(_answer(request, words, district.name, day))
        found.append(one)
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


_OUTCOMES = {
    RequestOutcome.DONE.value: "home_done",
    RequestOutcome.PARTLY.value: "home_partly",
    RequestOutcome.REFUSED.value: "home_refused",
}


def _answer(request: FamilyRequest, words: Words, office: str, day: Any) -> Said:
    if request.answered_at is None:
        owner = request.owner.name if request.owner else office
        return Said(
            request.at,
            words.say("home_request_open", name=owner, date=words.date(request.due_on)),
        )
    by = request.answered_by.name if request.answered_by else office
    heading = words.say("home_answered", name=by, date=day(request.answered_at))
    return Said(
        request.answered_at, f"{heading} · {words[_OUTCOMES[request.outcome]]}", request.answer
    )


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody at the school, on one day."""

    name: str
    role: str
    day: str


_ROLES = {
    "teacher": "home_role_teacher",
    "office": "home_role_office",
    "principal": "home_role_principal",
    "counselor": "home_role_counselor",
    "district_admin": "home_role_district",
}
_LOOKS = ("family.seen", "conversation.seen", "plan.seen", "task.seen", "voice.heard")


def looked_at(guardian: Guardian, words: Words, *, most: int) -> list[Looked]:
    """Who at the school opened this family's page, each person once a day, the latest first; two queries."""
    if guardian.household_id is None:
        return []
    district = guardian.district
    rows = (
        Look.objects.filter(
            district_id=district.pk,
            object_type="people.household",
            object_id=guardian.household_id,
            event__in=_LOOKS,
        )
        .exclude(user_id=None)
        .order_by("-at")
        .values_list("user_id", "at")[: most * 4]
    )
    days = list(
        dict.fromkeys((user, at.astimezone(district.zone).date()) for user, at in rows if user)
    )[:most]
    names: dict[int, str] = {}
    roles: dict[int, list[str]] = defaultdict(list)
    for member in Membership.objects.filter(
        user__in={user for user, _ in days}, user__district=district
    ).select_related("user"):
        names[member.user_id] = member.user.name
        if member.ended_at is None:
            roles[member.user_id].append(member.role)
    return [
        Looked(
            names.get(user, words["home_role_staff"]), _role(roles[user], words), words.date(day)
        )
        for user, day in days
    ]


def _role(held: Collection[str], words: Words) -> str:
    return next(
        (words[key] for role, key in _ROLES.items() if role in held), words["home_role_staff"]
    )
