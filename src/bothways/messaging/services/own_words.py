"""What an adult writes on their own pages: no message is answered, and somebody owes an answer all the same."""

from django.db import IntegrityError, transaction

from bothways.channels.enums import Channel
from bothways.consent.queries import allowed
from bothways.core import clock
from bothways.languages.meaning import read_reply
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Entry
from bothways.messaging.queries import Writer
from bothways.messaging.services.replies import MAX_WORDS, Said, take_in
from bothways.people.enums import PhoneKind, PointKind, PointState
from bothways.people.models import Guardian, Student

# By which an answer goes, the quickest first. Not by letter: who has nothing else is called or visited.
_WAYS = {
    PointKind.PHONE.value: Channel.TEXT,
    PointKind.WHATSAPP.value: Channel.WHATSAPP,
    PointKind.EMAIL.value: Channel.EMAIL,
}


def way_back(guardian: Guardian) -> tuple[Channel, str, str]:
    """(channel, kind, address) by which this adult can be answered; kind "" where there is none."""
    usable = set(
        allowed(district=guardian.district, at=clock.now())
        .filter(guardian=guardian)
        .values_list("point_id", flat=True)  # type: ignore[misc]  # an annotation of allowed()
    )
    points = [
        point
        for point in guardian.points.filter(pk__in=usable, kind__in=list(_WAYS)).order_by(
            "position", "pk"
        )
        if point.state != PointState.FAILING.value
        and not (point.kind == PointKind.PHONE and point.phone_kind == PhoneKind.LANDLINE)
    ]
    order = list(_WAYS)
    points.sort(
        key=lambda p: (
            p.state != PointState.WORKING.value,
            order.index(p.kind),
        )
    )
    if not points:
        return Channel.HANDOVER, "", ""
    return _WAYS[points[0].kind], points[0].kind, points[0].match


@transaction.atomic
def receive_own(
    *,
    guardian: Guardian,
    student: Student | None,
    words: str,
    button: Meaning | None,
    language: str,
    form_key: str,
) -> Entry:
    """Take in what this adult wrote; the same form twice gives what came of it the first time.

    ``button``: CALL_ME, alone or beside words. The household is only where the conversation is kept: who
    may read and answer it is decided by each child's links, as everywhere. Raises LookupError for an adult
    without a home on record.
    """
    known = Entry.objects.filter(form_key=form_key).first()
    if known is not None:
        return known
    home = guardian.household
    if home is None:
        raise LookupError("This adult has no home on record: no conversation can be kept.")
    channel, kind, match = way_back(guardian)
    understood = read_reply(words, language)
    said = Said(
        channel=channel,
        kind=kind,
        match=match,
        words=words[:MAX_WORDS].replace("\x00", ""),
        # Words on a page are words: “stop” is a button there, of each address.
        meaning=button or Meaning.WORDS,
        danger=understood.danger,
        writer=Writer(guardian.district_id, home, guardian, student, None, language),
        also=frozenset(),
        language=language,
        form_key=form_key,
        own_page=True,
    )
    try:
        with transaction.atomic():
            return take_in(said, at=clock.now(), carrier_knows=False, acknowledge=False)
    except IntegrityError:
        # A double click, or a bad connection that tried again.
        found = Entry.objects.filter(form_key=form_key).first()
        if found is None:
            raise
        return found
