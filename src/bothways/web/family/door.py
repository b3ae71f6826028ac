"""The second proof: who may open an adult's own pages, by what, and for how long.

A link opens one message. Everything else asks for a code to a point that is known to be theirs, or for a PIN
that the office put into their hand. What is kept of either is a keyed digest, of a cookie its digest alone.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Value
from django.utils.crypto import constant_time_compare, salted_hmac

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import Carrier, Outgoing, Sender, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.consent.queries import allowed, in_force, standing
from bothways.core import clock, ids, jobs
from bothways.core.text import fold
from bothways.languages.phrases import phrase
from bothways.messaging.carriers import carrier_for
from bothways.people.enums import PhoneKind, PointKind, PointState, RestrictionKind
from bothways.people.models import ContactPoint, Guardian, Link, PointChange, Student
from bothways.people.services import Unusable, read_address
from bothways.schools.models import District
from bothways.web.family.models import FamilyCode, FamilyPin, FamilySession

PURPOSE: Final = "contact_code"
GOOD_FOR: Final = timedelta(minutes=10)
TRIES: Final = 5
# Somebody with a link must not ring a family all night, and six digits must not be drawn without end.
MOST_AN_HOUR: Final = 3
MOST_A_DAY: Final = 8
# A way that was changed so lately proves nothing yet, unless a code to an older one confirmed it: whoever
# was moved away has been told at the old point, and has this long to say that it was not them.
SETTLES: Final = timedelta(days=7)
STAYS: Final = timedelta(days=30)
STAYS_ONCE: Final = timedelta(hours=1)  # on somebody else's phone
PIN_GOOD_FOR: Final = timedelta(days=30)
PIN_LENGTH: Final = 10
MOST_DEVICES: Final = 10
_PROVES: Final = (PointKind.PHONE.value, PointKind.EMAIL.value)


def _now() -> datetime:
    return datetime.now(UTC)


def _digest(what: str, value: str) -> str:
    return salted_hmac(f"bothways.web.family.{what}", value, algorithm="sha256").hexdigest()


# Points that prove somebody


def proving_points(guardian: Guardian) -> list[ContactPoint]:
    """The numbers and mailboxes to which a code may go, likeliest first."""
    found = list(
        guardian.points.filter(ended_at=None, state=PointState.WORKING.value, kind__in=_PROVES)
        .exclude(phone_kind=PhoneKind.LANDLINE.value)
        .select_related("guardian__district")
        .order_by("-kind", "position", "pk")[:10]
    )
    return _proving(guardian.district, found) if guardian.ended_at is None else []


def _proving(district: District, points: list[ContactPoint]) -> list[ContactPoint]:
    """Of these points those that prove their owner at this moment; a fixed number of queries."""
    if not points:
        return []
    fresh = set(
        PointChange.objects.filter(
            guardian__in={point.guardian_id for point in points}, at__gt=clock.now() - SETTLES
        )
        .exclude(new="")
        # Confirmed by nobody here and yet confirmed: by a code to an older point of theirs.
        .exclude(confirmed_at__isnull=False, confirmed_by=None)
        .values_list("guardian_id", "kind", "new")
    )
    may = set(
        allowed(district=district, at=clock.now(), records=True)
        .filter(guardian__in={point.guardian_id for point in points})
        .values_list("point_id", flat=True)  # type: ignore[misc]  # an annotation of allowed()
    )
    return [
        point
        for point in points
        if point.pk in may
        and (point.guardian_id, point.kind, point.address) not in fresh
        and not _shared_with_barred(district, point)
    ]


def _shared_with_barred(district: District, point: ContactPoint) -> bool:
    """Whether somebody with an order about a child of this adult is there, too: then it proves nobody."""
    day = clock.today(district.timezone)
    others = Guardian.objects.filter(
        points__kind=point.kind, points__match=point.match, district=district
    ).exclude(pk=point.guardian_id)
    children = Link.objects.filter(guardian=point.guardian_id, ended_at=None).values("student")
    return (
        in_force(day)
        .filter(link__guardian__in=others, link__student__in=children)
        .exclude(kind=RestrictionKind.PICK_UP.value, needs_review=False)
        .exists()
    )


def points_at(typed: str, district: District) -> list[ContactPoint]:
    """The points behind a number or mail address as somebody typed it, of all adults who have it there."""
    kind = PointKind.EMAIL if "@" in typed else PointKind.PHONE
    try:
        _, match = read_address(kind, typed[:320], district.region)
    except Unusable:
        return []
    found = list(
        ContactPoint.objects.filter(
            district=district,
            kind=kind.value,
            match=match,
            ended_at=None,
            state=PointState.WORKING.value,
            guardian__ended_at=None,
        )
        .exclude(phone_kind=PhoneKind.LANDLINE.value)
        .select_related("guardian__district")
        .order_by("guardian_id", "pk")[:10]
    )
    return _proving(district, found)


# Codes


@transaction.atomic
def ask(
    *, points: Iterable[ContactPoint], language: str, district: District | None = None
) -> FamilyCode:
    """Let a code go out to this one address; without any, the same row and the same job, and nothing goes.

    ``points``: the rows of one address, one for each adult who has it.
    """
    found = list(points)
    first = found[0] if found and not _too_many(found[0]) else None
    one = {point.guardian_id for point in found}
    code = FamilyCode.objects.create(
        key=ids.key(),
        district=first.district if first else district,
        guardian=first.guardian if first and len(one) == 1 else None,
        kind=first.kind if first else "",
        match=first.match if first else "",
        language=language,
        made_at=_now(),
    )
    jobs.enqueue("web.send_family_code", queue=jobs.URGENT, code_id=code.pk)
    return code


def _too_many(point: ContactPoint) -> bool:
    """Whether enough codes went to this address lately; also of its owner at other addresses."""
    now = _now()
    asked = FamilyCode.objects.filter(made_at__gt=now - timedelta(days=1))
    times = list(asked.filter(kind=point.kind, match=point.match).values_list("made_at", flat=True))
    hour = now - timedelta(hours=1)
    if len(times) >= MOST_A_DAY or sum(at > hour for at in times) >= MOST_AN_HOUR:
        return True
    return asked.filter(guardian=point.guardian_id, made_at__gt=hour).count() >= MOST_AN_HOUR


def send_code(code_id: int) -> None:
    """Make the code and send it; it is kept nowhere. Somebody waits on a page: quiet hours do not hold it."""
    code = FamilyCode.objects.filter(pk=code_id).select_related("district").first()
    if code is None or not code.kind or code.district is None or code.digest:
        return
    if code.made_at < _now() - GOOD_FOR or not _may(code):
        return
    drawn = f"{secrets.randbelow(10**6):06d}"
    FamilyCode.objects.filter(pk=code.pk).update(digest=_digest("code", f"{code.key}:{drawn}"))
    district = code.district
    words = phrase(code.language, "check_code_text", code=drawn)
    channel = Channel.TEXT if code.kind == PointKind.PHONE.value else Channel.EMAIL
    outgoing = Outgoing(
        key=f"home-{code.key[:24]}",
        channel=channel,
        to=code.match,
        versions=(
            Version(
                code.language,
                f"{district.name}: {words}" if channel is Channel.TEXT else words,
                "" if channel is Channel.TEXT else district.name,
            ),
        ),
        purpose=PURPOSE,
        sender=Sender(school=district.name, phone=district.phone, email=district.email),
    )
    asyncio.run(_send(carrier_for(channel), outgoing))


def _may(code: FamilyCode) -> bool:
    """Asked again at the moment of sending: an order may have come in between."""
    assert code.district is not None
    address = (Value(code.kind), Value(code.match))
    links = allowed(district=code.district, at=clock.now(), records=True, address=address).filter(
        guardian__points__kind=code.kind,
        guardian__points__match=code.match,
        guardian__points__ended_at=None,
    )
    return links.exists()


async def _send(carrier: Carrier, outgoing: Outgoing) -> bool:
    return any([o.kind is OutcomeKind.ACCEPTED async for o in carrier.send([outgoing])])


def open_code(key: str) -> FamilyCode | None:
    """The request with this key, as long as its code may be typed."""
    if len(key) != 32 or not key.isalnum():
        return None
    return (
        FamilyCode.objects.filter(
            key=key, made_at__gt=_now() - GOOD_FOR, tries__lt=TRIES, used_at=None
        )
        .select_related("district", "guardian__district")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Proved:
    """What came of a code that was typed: who it is, or that it is still to be said which adult."""

    guardian: Guardian | None
    right: bool


@transaction.atomic
def prove(*, key: str, typed: str) -> Proved:
    """Whether this is the code; each wrong one counts, and a right one is right once."""
    code = _locked(key)
    if code is None or code.proved_at is not None:
        return Proved(None, False)
    plain = "".join(str(int(c)) for c in typed[:40] if c.isdecimal())[:12]
    genuine = _digest("code", f"{code.key}:{plain}")
    if not code.digest or not constant_time_compare(genuine, code.digest):
        FamilyCode.objects.filter(pk=code.pk).update(tries=F("tries") + 1)
        return Proved(None, False)
    code.proved_at = _now()
    if code.guardian_id is not None:
        code.used_at = code.proved_at
    code.save(update_fields=["proved_at", "used_at"])
    return Proved(code.guardian, True)


@transaction.atomic
def named(*, key: str, name: str) -> Guardian | None:
    """Which of the adults at this address has this name; None where none has, or two have.

    Nobody reads the others' names here: they are compared with what was typed. Each try counts.
    """
    code = _locked(key)
    if code is None or code.proved_at is None or code.district is None:
        return None
    wanted = fold(name[:400])
    found = {
        point.guardian_id: point.guardian
        for point in points_at(code.match, code.district)
        if wanted and wanted in (fold(point.guardian.name), fold(point.guardian.given))
    }
    if len(found) != 1:
        FamilyCode.objects.filter(pk=code.pk).update(tries=F("tries") + 1)
        return None
    code.used_at = _now()
    code.save(update_fields=["used_at"])
    return next(iter(found.values()))


def _locked(key: str) -> FamilyCode | None:
    return (
        FamilyCode.objects.select_for_update(of=("self",))
        .filter(key=key, made_at__gt=_now() - GOOD_FOR, tries__lt=TRIES, used_at=None)
        .select_related("district", "guardian__district")
        .first()
    )


# PINs


@transaction.atomic
def make_pin(*, of: Guardian | Student, by: User) -> str:
    """A PIN for this adult or student, to be handed over; what was given out before opens nothing any more."""
    pin = "".join(secrets.choice(ids.CODE_LETTERS) for _ in range(PIN_LENGTH))
    now = _now()
    owner = {"guardian": of} if isinstance(of, Guardian) else {"student": of}
    FamilyPin.objects.filter(**owner, used_at=None, expires_at__gt=now).update(expires_at=now)
    FamilyPin.objects.create(
        district_id=of.district_id,
        **owner,
        digest=_digest("pin", pin),
        made_at=now,
        made_by=by,
        expires_at=now + PIN_GOOD_FOR,
    )
    record("family_pin.made", of, by=by.pk, district=of.district_id)
    return pin


def show_pin(pin: str) -> str:
    """As printed: two groups of five."""
    return f"{pin[:5]}-{pin[5:]}"


@transaction.atomic
def open_with_pin(pin: str) -> FamilyPin | None:
    """The PIN's owner, once; None where it opens nothing (any more)."""
    now = _now()
    found = (
        FamilyPin.objects.select_for_update(of=("self",))
        .filter(digest=_digest("pin", pin), used_at=None, expires_at__gt=now)
        .select_related("guardian__district", "student__district")
        .first()
    )
    if found is None:
        return None
    found.used_at = now
    found.save(update_fields=["used_at"])
    return found


# Sessions


@transaction.atomic
def open_session(
    *, of: Guardian | Student, device: str, once: bool, how: str
) -> tuple[str, FamilySession]:
    """A new browser in which these pages are open: (the cookie's value, the session)."""
    value, now = secrets.token_urlsafe(32), _now()
    owner = {"guardian": of} if isinstance(of, Guardian) else {"student": of}
    session = FamilySession.objects.create(
        district_id=of.district_id,
        **owner,
        digest=hashlib.sha256(value.encode()).hexdigest(),
        made_at=now,
        expires_at=now + (STAYS_ONCE if once else STAYS),
        device=device[:40],
    )
    # An old phone in a drawer stays open for ever otherwise.
    live = FamilySession.objects.filter(**owner, ended_at=None).order_by("-made_at", "-pk")
    too_many = list(live.values_list("pk", flat=True)[MOST_DEVICES:])
    FamilySession.objects.filter(pk__in=too_many).update(ended_at=now)
    record("family_home.opened", of, by=None, district=of.district_id, how=how)
    return value, session


def session_with(value: str) -> FamilySession | None:
    """The session of this cookie, if it is still open."""
    if not value or len(value) > 100:
        return None
    return (
        FamilySession.objects.filter(
            digest=hashlib.sha256(value.encode()).hexdigest(),
            ended_at=None,
            expires_at__gt=_now(),
        )
        .select_related("guardian__district", "guardian__household", "student__district")
        .select_related("student__school")
        .first()
    )


def sessions_of(of: Guardian | Student) -> list[FamilySession]:
    """Where these pages are open, the latest first."""
    owner = {"guardian": of} if isinstance(of, Guardian) else {"student": of}
    return list(
        FamilySession.objects.filter(**owner, ended_at=None, expires_at__gt=_now()).order_by(
            "-made_at", "-pk"
        )
    )


@transaction.atomic
def end_session(session: FamilySession, *, by: User | None = None) -> None:
    """These pages are closed in that browser."""
    if FamilySession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=_now()):
        owner = session.guardian or session.student
        record("family_home.closed", owner, by=by.pk if by else None, district=session.district_id)


def children_of(guardian: Guardian) -> list[Link]:
    """The live links through which this adult may read about a child's own records at this moment."""
    if guardian.ended_at is not None:
        return []
    return list(
        standing(district=guardian.district, at=clock.now(), records=True)
        .filter(guardian=guardian)
        .select_related("student__school")
        .order_by("student__given", "student_id")
    )


def pin_ends(district: District) -> date:
    """The last day on which a PIN that is made now opens anything, on the school's wall."""
    return (_now() + PIN_GOOD_FOR).astimezone(district.zone).date()
