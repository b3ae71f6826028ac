"""One contact instead of many: routine words wait, go out together, and obey what was decided meanwhile."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from bothways.channels.contract import Event, Outcome
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.consent.models import Preference, Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.ledger.models import ContactEvent
from bothways.messaging.audience import Audience
from bothways.messaging.enums import DIGEST_LANE, ROUTINE_LANE, Meaning, Purpose
from bothways.messaging.models import Delivery, Message
from bothways.messaging.queries import last_sent
from bothways.messaging.services.digests import gather, gather_due
from bothways.messaging.services.messages import Draft, count
from bothways.messaging.services.receipts import apply_receipts
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from bothways.messaging.tasks import due
from bothways.people.models import Guardian, Household, Link
from bothways.schools.models import School
from messaging.world import MONDAY_MORNING, FakeCarrier, World

NUMBER = "+13125550101"
THURSDAY = MONDAY_MORNING.replace(day=17, hour=21)  # 16:00 in Chicago
NEXT_THURSDAY = THURSDAY + timedelta(days=7)


@pytest.fixture
def troys_home(world: World) -> Household:
    alician = world.guardian("Alician", mobile=NUMBER, address="9 Elm St")
    return world.home(world.student("Troy"), guardians=[alician])


def had_word(world: World, carrier: FakeCarrier, at: Path) -> None:
    """The first word went out a week before."""
    clock.stop_at(at, MONDAY_MORNING - timedelta(days=7))
    world.write(en="Welcome.")
    send_due(world.district, urgent=False)
    carrier.sent.clear()
    clock.stop_at(at, MONDAY_MORNING)


def work(world: World) -> None:
    gather_due(at=clock.now())
    send_due(world.district, urgent=False)


def go_to(at: Path, moment: datetime, world: World) -> None:
    clock.stop_at(at, moment)
    work(world)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def bodies(carrier: FakeCarrier) -> list[str]:
    return [out.versions[0].body for out in carrier.sent]


def test_a_first_word_is_not_held_back(
    world: World, troys_home: Household, carrier: FakeCarrier
) -> None:
    _, fanned = world.write()
    assert (fanned.digest, fanned.deliveries) == (0, {"text": 1})
    work(world)
    assert len(carrier.sent) == 1


def test_routine_words_wait_for_thursday_and_go_out_as_one_text(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    _, fanned = world.write(en="The book fair is on Friday.")
    assert (fanned.digest, fanned.digest_families, fanned.digest_first) == (1, 1, THURSDAY)
    world.write(en="Bring a hat on Monday.")
    work(world)
    assert carrier.sent == []
    assert due() == []
    go_to(at, THURSDAY, world)
    assert [body.split("\n")[:2] for body in bodies(carrier)] == [
        ["Grand Bend Elementary: 1. The book fair is on Friday.", "2. Bring a hat on Monday."]
    ]
    assert states() == ["accepted", "gathered", "accepted"]
    lead = Delivery.objects.latest("pk")
    assert f"/r/{lead.code}" in bodies(carrier)[0]
    assert list(Delivery.objects.order_by("pk").values_list("digest", flat=True)) == [
        None,
        lead.pk,
        lead.pk,
    ]


@pytest.mark.parametrize("purpose", [Purpose.EMERGENCY, Purpose.TIMELY, Purpose.PERSONAL])
def test_what_cannot_wait_goes_at_once_and_uses_nothing_up(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path, purpose: Purpose
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    _, fanned = world.write(purpose=purpose, en="Please read this today.")
    assert fanned.digest == 0
    work(world)
    assert len(carrier.sent) == sum(fanned.deliveries.values())
    go_to(at, THURSDAY, world)
    assert "The book fair" in bodies(carrier)[-1]


def test_a_digest_with_one_message_reads_like_that_message(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    go_to(at, THURSDAY, world)
    assert bodies(carrier)[0].startswith("Grand Bend Elementary: The book fair is on Friday.\n")
    assert Delivery.objects.latest("pk").digest_id is None


def test_long_words_come_as_headlines_with_one_link(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday. " * 10)
    world.write(en="Bring a hat on Monday. " * 10)
    go_to(at, THURSDAY, world)
    body = bodies(carrier)[0]
    assert body.count("/r/") == 1
    assert body.count("…") == 2
    assert len(body) < 320


def test_an_email_digest_has_a_section_for_each(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    karim = world.guardian("Karim", email="karim@example.org")
    world.home(world.student("Nour"), guardians=[karim])
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    go_to(at, THURSDAY, world)
    version = carrier.sent[0].versions[0]
    assert version.subject == "News from Grand Bend Elementary"
    assert version.body.split("\n\n")[:4] == [
        "1. Grand Bend Elementary",
        "The book fair is on Friday.",
        "2. Grand Bend Elementary",
        "Bring a hat on Monday.",
    ]


def test_two_children_in_two_schools_are_one_digest_from_the_district(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    alician = world.guardian("Alician", email="alician@example.org")
    troy, maya = world.student("Troy"), world.student("Maya")
    maya.school = School.objects.create(district=world.district, sis_id="oak", name="Oak Middle")
    maya.save()
    world.home(troy, maya, guardians=[alician])
    had_word(world, carrier, at)
    world.write(audience=Audience(schools=("s",)), en="The book fair is on Friday.")
    world.write(audience=Audience(schools=("oak",)), en="Bring a hat on Monday.")
    go_to(at, THURSDAY, world)
    (out,) = carrier.sent
    assert out.sender.school == "Grand Bend"
    assert set(out.children) == {"Troy", "Maya"}
    assert "1. Grand Bend Elementary" in out.versions[0].body
    assert "2. Oak Middle" in out.versions[0].body


def test_one_letter_tells_a_home_without_phones_all(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    ruth = world.guardian("Ruth", address="12 Fence Rd")
    dale = world.guardian("Dale", address="12 Fence Rd")
    world.home(world.student("Emily"), guardians=[ruth, dale])
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    go_to(at, THURSDAY, world)
    (out,) = carrier.sent
    assert (out.channel, len(out.names)) == (Channel.LETTER, 2)
    assert "Bring a hat" in out.versions[0].body


def test_a_stop_between_the_writing_and_the_digest_holds(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    stop(district=world.district, kind="phone", match=NUMBER, by=Stop.By.OURS, at=clock.now())
    go_to(at, THURSDAY, world)
    go_to(at, THURSDAY + timedelta(minutes=1), world)
    assert carrier.sent == []
    assert set(states()) <= {"accepted", "withheld", "queued", "gathered"}
    for week in (1, 2):
        go_to(at, THURSDAY + timedelta(days=7 * week, minutes=2), world)
    assert (carrier.sent, states()) == ([], ["accepted", "withheld", "withheld"])


def _barred_for_one_of_two(world: World) -> tuple[Guardian, Link]:
    """Hector may hear of Maya, and from today no more of Luis."""
    hector = world.guardian("Hector", mobile=NUMBER)
    luis, maya = world.student("Luis"), world.student("Maya")
    luis.grade, maya.grade = "05", "07"
    luis.save()
    maya.save()
    world.home(luis, maya, guardians=[hector])
    return hector, Link.objects.get(student=luis)


def _two_grades(world: World) -> None:
    world.write(audience=Audience(grades=("07",)), en="Grade 7 goes to the museum.")
    world.write(audience=Audience(grades=("05",)), en="Grade 5 goes to the lake.")


def test_an_order_before_the_digest_takes_those_words_out(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    hector, link = _barred_for_one_of_two(world)
    had_word(world, carrier, at)
    _two_grades(world)
    world.bar(link.student, hector)
    clock.stop_at(at, THURSDAY)
    for minute in range(3):
        go_to(at, THURSDAY + timedelta(minutes=minute), world)
    said = " ".join(bodies(carrier))
    assert "lake" not in said
    # The words about the other child are not lost with them.
    go_to(at, NEXT_THURSDAY, world)
    assert "museum" in " ".join(bodies(carrier))
    assert "lake" not in " ".join(bodies(carrier))
    assert Delivery.objects.filter(state="withheld").count() == 1


def test_an_order_between_gathering_and_sending_takes_those_words_out(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    hector, link = _barred_for_one_of_two(world)
    had_word(world, carrier, at)
    world.write(audience=Audience(grades=("05",)), en="Grade 5 goes to the lake.")
    world.write(audience=Audience(grades=("07",)), en="Grade 7 goes to the museum.")
    clock.stop_at(at, THURSDAY)
    gather_due(at=clock.now())
    assert states()[1:] == ["gathered", "queued"]
    world.bar(link.student, hector)
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 1
    assert "museum" in bodies(carrier)[0]
    assert "lake" not in bodies(carrier)[0]
    assert states()[1:] == ["withheld", "accepted"]


def test_where_one_of_two_adults_may_no_longer_hear_the_letter_to_both_has_none_of_it(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    ruth = world.guardian("Ruth", address="12 Fence Rd")
    dale = world.guardian("Dale", address="12 Fence Rd")
    emily, luis = world.student("Emily"), world.student("Luis")
    emily.grade, luis.grade = "05", "07"
    emily.save()
    luis.save()
    world.home(emily, luis, guardians=[ruth, dale])
    had_word(world, carrier, at)
    _two_grades(world)  # the newest, about grade 5, carries the other
    clock.stop_at(at, THURSDAY)
    gather_due(at=clock.now())
    world.bar(emily, dale)
    send_due(world.district, urgent=False)
    (out,) = carrier.sent
    assert out.names == ("Ruth Dyer",)
    assert "lake" in out.versions[0].body
    assert "museum" not in out.versions[0].body
    carrier.sent.clear()
    go_to(at, NEXT_THURSDAY, world)
    (later,) = carrier.sent
    assert set(later.names) == {"Ruth Dyer", "Dale Dyer"}
    assert "museum" in later.versions[0].body


def test_two_guardians_with_the_same_number_get_one_text(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    ruth = world.guardian("Ruth", mobile=NUMBER)
    dale = world.guardian("Dale", mobile=NUMBER)
    world.home(world.student("Emily"), guardians=[ruth, dale])
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    go_to(at, THURSDAY, world)
    assert [out.to for out in carrier.sent] == [NUMBER]


def test_a_used_week_puts_the_digest_off_to_the_next(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    world.write(en="Welcome.")
    work(world)
    world.write(en="The book fair is on Friday.")
    go_to(at, THURSDAY, world)
    assert len(carrier.sent) == 1
    assert Delivery.objects.latest("pk").not_before == NEXT_THURSDAY
    go_to(at, NEXT_THURSDAY, world)
    assert len(carrier.sent) == 2


def test_two_a_week_where_the_district_says_so(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    world.district.routine_per_week = 2
    world.district.save()
    world.write(en="Welcome.")
    work(world)
    world.write(en="The book fair is on Friday.")
    go_to(at, THURSDAY, world)
    assert len(carrier.sent) == 2


def test_words_older_than_ten_days_go_in_a_used_week_all_the_same(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    clock.stop_at(at, THURSDAY - timedelta(days=11))
    world.write(en="The book fair is on Friday.")
    clock.stop_at(at, MONDAY_MORNING)
    used = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=used.pk).update(accepted_at=MONDAY_MORNING)
    go_to(at, THURSDAY, world)
    assert "book fair" in bodies(carrier)[0]


def test_a_family_has_its_own_hour(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    Preference.objects.create(
        household=troys_home,
        district=world.district,
        digest_day=5,
        digest_at=time(10),
        updated_at=clock.now(),
    )
    _, fanned = world.write(en="The book fair is on Friday.")
    saturday = MONDAY_MORNING.replace(day=19, hour=15)
    assert fanned.digest_first == saturday


def test_without_a_digest_day_all_goes_at_once(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.district.digest_day = None
    world.district.save()
    _, fanned = world.write(en="The book fair is on Friday.")
    assert fanned.digest == 0


def test_counting_keeps_nothing(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    fanned = count(
        Draft(Purpose.ROUTINE, Audience(), {"en": "Hello."}, {}), district=world.district, by=None
    )
    assert (fanned.digest, Message.objects.count()) == (1, 1)


def test_what_the_carrier_tells_of_a_digest_is_evidence_once(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    ContactEvent.objects.all().delete()
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    go_to(at, THURSDAY, world)
    lead = Delivery.objects.latest("pk")
    apply_receipts(
        [Event(EventKind.RECEIPT, "d", key=lead.key, state=ReceiptState.DELIVERED)], at=clock.now()
    )
    receive_page(lead, words="", button=Meaning.ACKNOWLEDGED, form_key="one")
    lines = ContactEvent.objects.order_by("level").values_list("level", "source_id")
    assert list(lines) == [(1, lead.pk), (2, lead.pk), (3, lead.pk)]
    assert states()[1:] == ["gathered", "seen"]


def test_a_reply_to_the_number_belongs_to_what_went_there_last(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    world.write(purpose=Purpose.TIMELY, en="School closes at noon today.")
    work(world)
    go_to(at, THURSDAY, world)
    last = last_sent("phone", NUMBER)
    assert last is not None
    assert last.message.versions.get().body == "Bring a hat on Monday."


def test_a_carrier_that_is_away_on_thursday_gets_the_whole_digest_later(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    well = carrier.answer
    carrier.answer = lambda out: Outcome(out.key, OutcomeKind.UNAVAILABLE, code="503")
    # Four days after they were written: their age counts from the hour they were let go.
    go_to(at, THURSDAY, world)
    assert states()[1:] == ["gathered", "queued"]
    carrier.answer = well
    carrier.sent.clear()
    go_to(at, THURSDAY + timedelta(hours=1), world)
    assert "Bring a hat" in bodies(carrier)[0]
    assert "book fair" in bodies(carrier)[0]


def test_gathering_twice_or_dying_in_the_middle_makes_no_second_contact(
    world: World, troys_home: Household, carrier: FakeCarrier, at: Path
) -> None:
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    clock.stop_at(at, THURSDAY)

    class Died(Exception):
        pass

    def gather_and_die() -> None:
        with transaction.atomic():
            gather(world.district, at=clock.now())
            raise Died

    with pytest.raises(Died):
        gather_and_die()
    assert set(Delivery.objects.values_list("lane", flat=True)) == {ROUTINE_LANE, DIGEST_LANE}
    assert gather_due(at=clock.now()) == 2
    assert gather_due(at=clock.now()) == 0
    send_due(world.district, urgent=False)
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 1


def test_small_batches_come_to_the_same_contacts(
    world: World, carrier: FakeCarrier, at: Path
) -> None:
    for n in range(5):
        adult = world.guardian(f"G{n}", mobile=f"+1312555020{n}")
        world.home(world.student(f"S{n}"), guardians=[adult])
    had_word(world, carrier, at)
    world.write(en="The book fair is on Friday.")
    world.write(en="Bring a hat on Monday.")
    clock.stop_at(at, THURSDAY)
    while gather(world.district, at=clock.now(), batch=2):
        pass
    send_due(world.district, urgent=False)
    assert len(carrier.sent) == 5
    assert all("Bring a hat" in body and "book fair" in body for body in bodies(carrier))


def test_a_claim_looks_where_it_looked_before(world: World, troys_home: Household) -> None:
    """No condition of the digest stands between a claim and its index."""
    from bothways.messaging.services.claiming import Queue, claim

    asked: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        claim(world.district, Queue(2, Channel.TEXT, False), at=clock.now())
    statement = next(sql for sql in asked if "WITH due AS MATERIALIZED" in sql)
    first = statement.split("FOR UPDATE SKIP LOCKED")[0]
    assert "everybody" not in first
    assert "ALL(" not in first
