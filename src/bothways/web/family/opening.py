"""What a code opens, at this moment: that message and its answers, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from bothways.consent.queries import standing
from bothways.messaging.enums import State
from bothways.messaging.models import Delivery, Entry, Recording, Version
from bothways.people.enums import WordClass
from bothways.people.models import Student
from bothways.schools.models import School

MOST_SHOWN = 10  # answers of a long talk: the page stays small


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery whose reader still has standing; ``expired``: its words are no longer shown."""

    delivery: Delivery
    children: tuple[Student, ...]
    expired: bool

    @property
    def school(self) -> School | None:
        """The one school of all these children, else the message's own, else None: the district speaks."""
        schools = {child.school for child in self.children}
        return schools.pop() if len(schools) == 1 else self.delivery.message.school

    @property
    def sender(self) -> str:
        school = self.school
        return school.name if school else self.delivery.district.name

    @property
    def phone(self) -> str:
        school = self.school
        return (school.phone if school else "") or self.delivery.district.phone

    def versions(self) -> dict[str, Version]:
        spoken = Exists(Recording.objects.filter(version=OuterRef("pk")))
        versions = self.delivery.message.versions.may_go().annotate(spoken=spoken)
        return {v.language: v for v in versions.order_by("pk")}

    def answers(self) -> list[Entry]:
        """What the one adult whom this delivery serves last wrote through it, oldest first.

        Of a letter to two nobody knows who wrote: there one may have written what the other must not
        read. Words of danger are never shown again: the next reader may be whom they speak of.
        """
        latest = (
            Entry.objects.filter(
                delivery=self.delivery,
                from_family=True,
                word_class=WordClass.FAMILY.value,
                # Somebody here judged whose they are; no family reads what may be another's.
                moves=None,
            )
            .exclude(guardian=None)
            .exclude(body="")
            .order_by("-at", "-pk")[:MOST_SHOWN]
        )
        return list(latest)[::-1]


def opened_with(delivery: Delivery, at: datetime) -> list[Opened]:
    """All messages of the digest that this delivery carries, oldest first, each by its own standing."""
    if delivery.digest_id != delivery.pk:
        return []
    members = (
        Delivery.objects.filter(digest=delivery.pk, state=State.GATHERED.value)
        .select_related("district", "message__author", "message__school")
        .order_by("pk")
    )
    return [opened for member in members if (opened := open_at(member, at)) is not None]


def sent_with(code: str) -> Delivery | None:
    """The delivery with this code, if it has gone out: nobody can hold the code of another."""
    return (
        Delivery.objects.filter(Q(rank__gte=State.CLAIMED.rank) | Q(tries__gt=0), code=code)
        .exclude(state__in=[State.WITHHELD.value, State.GATHERED.value])
        .select_related("district", "message__author", "message__school")
        .first()
    )


def open_at(delivery: Delivery, at: datetime) -> Opened | None:
    """The message for whoever holds its link; None where nobody has standing any more."""
    links = standing(
        district=delivery.district, at=at, records=delivery.records or delivery.message.records
    ).filter(recipient__delivery=delivery)
    if delivery.student_id is not None:
        links = links.filter(student=delivery.student_id)
    children = {
        link.student_id: link.student
        for link in links.select_related("student__school").order_by("student_id")
    }
    if not children:
        return None
    expires_at = delivery.message.expires_at
    return Opened(
        delivery=delivery,
        children=tuple(children.values()),
        expired=expires_at is not None and expires_at <= at,
    )
