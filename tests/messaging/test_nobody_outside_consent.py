"""Whatever the families, orders, stops and homes: nobody is written to who may not be."""

from datetime import date, timedelta
from itertools import pairwise

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.consent.models import Stop
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery, HeldHome, Recipient
from bothways.messaging.services.sending import send_due
from bothways.people.enums import RestrictionKind
from bothways.people.models import ContactPoint, Link, Restriction
from messaging.world import MONDAY_MORNING, FakeCarrier, World

TODAY = MONDAY_MORNING.date()
NUMBERS = [f"+1312555010{n}" for n in range(4)]
ADDRESSES = ["1 Elm St", "2 Oak St", "1 elm st."]
DAYS = st.none() | st.sampled_from([TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)])

ADULT = st.fixed_dictionaries(
    {
        "mobile": st.sampled_from(["", *NUMBERS]),
        "phone": st.sampled_from(["", *NUMBERS]),
        "email": st.sampled_from(["", "a@example.org", "b@example.org"]),
        "address": st.sampled_from(["", *ADDRESSES]),
        "reads": st.sampled_from(["", "en", "es", "so"]),
        "can_read": st.sampled_from([None, True, False]),
        "address_hidden": st.booleans(),
    }
)
ORDER = st.tuples(
    st.integers(0, 9),
    st.sampled_from(list(RestrictionKind)),
    DAYS,
    DAYS,
    st.booleans(),
    st.booleans(),
)
HOMES = st.lists(st.tuples(st.lists(ADULT, max_size=2), st.integers(1, 2)), min_size=1, max_size=4)


def build(world: World, homes: list[tuple[list[dict[str, object]], int]], share: bool) -> None:
    """Homes in a row; with ``share`` each home's adults are linked to the next home's child, too."""
    made = []
    for adults, count in homes:
        students = [world.student(f"S{n}") for n in range(count)]
        guardians = []
        for n, adult in enumerate(adults):
            values = dict(adult)
            if values["phone"] == values["mobile"]:
                values["phone"] = ""
            guardians.append(world.guardian(f"G{n}", **values))  # type: ignore[arg-type]
        made.append((world.home(*students, guardians=guardians), students, guardians))
    if share:
        for (_, _, guardians), (_, students, _) in pairwise(made):
            for guardian in guardians:
                Link.objects.create(district=world.district, student=students[0], guardian=guardian)


def may(recipient: Recipient, *, records: bool) -> bool:
    """Standing and stops in plain Python, written apart from the queryset that is tested."""
    link, delivery = recipient.link, recipient.delivery
    if link.ended_at or link.guardian.ended_at or link.student.ended_at:
        return False
    for order in link.restrictions.all():
        if order.lifted_at:
            continue
        if order.needs_review:
            return False
        holds = (order.starts_on or date.min) <= TODAY <= (order.ends_on or date.max)
        if holds and (order.kind == "contact" or (records and order.kind == "records")):
            return False
    stopped = Stop.objects.filter(kind=delivery.kind, match=delivery.match, lifted_at=None)
    return not stopped.exists()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    homes=HOMES,
    share=st.booleans(),
    before=st.lists(ORDER, max_size=4),
    after=st.lists(ORDER, max_size=3),
    stops=st.sets(st.sampled_from(NUMBERS), max_size=2),
    later_stops=st.sets(st.sampled_from(NUMBERS), max_size=2),
    purpose=st.sampled_from(list(Purpose)),
)
def test_no_recipient_is_ever_outside_consent(
    world: World,
    carrier: FakeCarrier,
    homes: list[tuple[list[dict[str, object]], int]],
    share: bool,
    before: list[tuple[object, ...]],
    after: list[tuple[object, ...]],
    stops: set[str],
    later_stops: set[str],
    purpose: Purpose,
) -> None:
    with transaction.atomic():
        carrier.sent.clear()
        build(world, homes, share)
        orders(world, before)
        stop(world, stops)
        student = None
        audience = Audience()
        if purpose is Purpose.PERSONAL:
            student = world.student_one()
            audience = Audience(students=(str(student.sis_id),))
        _, fanned = world.write(purpose=purpose, audience=audience, student=student)

        rows = Recipient.objects.select_related("delivery", "link__guardian", "link__student")
        assert all(may(row, records=student is not None) for row in rows)
        # Every home that was meant got something or has a reason, never both, never neither.
        written = set(Delivery.objects.values_list("household_id", flat=True))
        held = set(HeldHome.objects.values_list("household_id", flat=True))
        assert (len(written | held), written & held) == (fanned.families, set())
        assert all(delivery.recipients.exists() for delivery in Delivery.objects.all())
        hidden = set(
            ContactPoint.objects.filter(guardian__address_hidden=True, kind="postal").values_list(
                "match", flat=True
            )
        )
        assert not hidden & set(
            Delivery.objects.filter(channel="letter").values_list("match", flat=True)
        )

        orders(world, after)
        stop(world, later_stops - stops)
        for urgent in (False, True):
            send_due(world.district, urgent=urgent)
        sent = {out.key for out in carrier.sent}
        for delivery in Delivery.objects.filter(key__in=sent):
            for row in delivery.recipients.select_related("delivery", "link__guardian"):
                assert may(row, records=delivery.records)
        assert Delivery.objects.filter(state__in=["queued", "claimed"]).count() == 0
        transaction.set_rollback(True)


def orders(world: World, given_: list[tuple[object, ...]]) -> None:
    links = list(Link.objects.order_by("pk"))
    for which, kind, starts, ends, unreadable, lifted in given_:
        if not links or (starts and ends and ends < starts):  # type: ignore[operator]
            continue
        Restriction.objects.get_or_create(
            link=links[which % len(links)],  # type: ignore[operator]
            kind=kind,
            starts_on=starts,
            ends_on=ends,
            source="local",
            defaults={
                "district": world.district,
                "needs_review": unreadable,
                "lifted_at": clock.now() if lifted else None,
            },
        )


def stop(world: World, numbers: set[str]) -> None:
    for number in numbers:
        Stop.objects.create(
            district=world.district, kind="phone", match=number, by=Stop.By.OURS, at=clock.now()
        )
