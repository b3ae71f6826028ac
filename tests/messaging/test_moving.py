"""Words in the wrong conversation: what was concluded from them goes with them, and comes back."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.audit.models import Entry as Audited
from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.services import store
from bothways.consent.models import Stop
from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.models import ContactEvent, FamilyReach, Withdrawn
from bothways.ledger.queries import timeline
from bothways.ledger.services import Line, withdraw, write
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Alert, Conversation, Delivery, Entry, EntryMove
from bothways.messaging.services.conversations import answer
from bothways.messaging.services.moving import NotMovable, move_entry, places
from bothways.messaging.services.receipts import apply_receipts, apply_waiting
from bothways.messaging.services.replies import receive_page
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint, Household, Student
from messaging.world import MONDAY_MORNING, FakeCarrier, World

pytestmark = pytest.mark.django_db
NUMBER = "+13125550101"


class Neighbours:
    """Alician and Amina share a phone: Troy's family was written to first, Ali's after it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.troy, self.ali = world.student("Troy"), world.student("Ali")
        self.alician = world.guardian("Alician", mobile=NUMBER)
        self.amina = world.guardian("Amina", mobile=NUMBER)
        self.troys = world.home(self.troy, guardians=[self.alician])
        self.alis = world.home(self.ali, guardians=[self.amina])

    def write_to(self, child: Student) -> Delivery:
        assert child.sis_id is not None
        message, _ = self.world.write(
            purpose=Purpose.PERSONAL, audience=Audience(students=(child.sis_id,)), student=child
        )
        send_due(self.world.district, urgent=False)
        return Delivery.objects.get(message=message)


@pytest.fixture
def two(world: World, carrier: FakeCarrier, at: Path) -> Neighbours:
    neighbours = Neighbours(world)
    neighbours.write_to(neighbours.troy)
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=5))
    neighbours.write_to(neighbours.ali)
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=10))
    return neighbours


@pytest.fixture
def ken(world: World) -> User:
    user = User.objects.create_user("ken@d.example", district=world.district, given="Ken")
    Membership.objects.create(
        district=world.district, user=user, role=Role.OFFICE, school=world.school
    )
    return user


def text(body: str, sid: str = "SM1") -> Entry:
    store("twilio", [Event(EventKind.INBOUND, sid, from_=NUMBER, to="+1500", body=body)])
    apply_waiting()
    return Entry.objects.filter(from_family=True).order_by("-pk")[0]


def reach(home: Household) -> tuple[bool, bool]:
    """(seen, answered) of this family."""
    found = FamilyReach.objects.get(pk=home.pk)
    return found.seen_at is not None, found.answered_at is not None


def states(two: Neighbours) -> tuple[str, str]:
    """Of what went to Troy's family, and to Ali's."""
    return (
        Delivery.objects.get(household=two.troys, message__conversation=None).state,
        Delivery.objects.get(household=two.alis, message__conversation=None).state,
    )


def waiting(home: Household) -> bool:
    return Conversation.objects.filter(household=home, waiting_since__isnull=False).exists()


def test_moved_words_count_for_the_family_whose_they_are_and_for_no_other(
    two: Neighbours, ken: User
) -> None:
    words = text("Can you call me after six?")
    assert (reach(two.troys), reach(two.alis)) == ((False, False), (False, True))
    talk = move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert (reach(two.troys), reach(two.alis)) == ((False, True), (False, False))
    assert states(two) == ("answered", "accepted")
    assert (waiting(two.troys), waiting(two.alis)) == (True, False)
    assert (talk.household, talk.student, talk.owner) == (two.troys, two.troy, ken)
    words.refresh_from_db()
    assert (words.guardian, words.conversation) == (two.alician, talk)
    assert FamilyReach.objects.get(pk=two.troys.pk).answered_at == words.at


def test_the_ledger_keeps_the_line_that_counts_no_more(two: Neighbours, ken: User) -> None:
    words = text("Can you call me after six?")
    line = ContactEvent.objects.get(level=4)
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    taken_back = Withdrawn.objects.get()
    assert (taken_back.event, taken_back.by, taken_back.why) == (line, ken, "moved")
    line.refresh_from_db()
    assert line.household == two.alis
    assert [e.level for e in timeline(two.alis.pk)] == [1]
    assert [(e.level, e.source_kind) for e in timeline(two.troys.pk)] == [
        (4, "moved"),
        (1, "delivery"),
    ]
    events = Audited.objects.filter(event__in=["entry.moved", "delivery.corrected"])
    assert sorted(events.values_list("event", "user_id")) == [
        ("delivery.corrected", ken.pk),
        ("entry.moved", ken.pk),
    ]


def test_moving_back_puts_everything_back(two: Neighbours, ken: User) -> None:
    words = text("Can you call me after six?")
    before = (reach(two.troys), reach(two.alis), states(two))
    first = words.conversation
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    talk = move_entry(entry=words, household=two.alis, student=two.ali, by=ken)
    assert talk == first
    assert (reach(two.troys), reach(two.alis), states(two)) == before
    assert (waiting(two.troys), waiting(two.alis)) == (False, True)
    words.refresh_from_db()
    assert words.guardian == two.amina


def test_the_same_move_twice_is_one(two: Neighbours, ken: User) -> None:
    words = text("Can you call me after six?")
    for _ in range(2):
        move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert (EntryMove.objects.count(), Withdrawn.objects.count()) == (1, 1)


def test_other_words_of_the_family_go_on_counting(two: Neighbours, ken: User, at: Path) -> None:
    words = text("Can you call me after six?")
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=20))
    later = text("And thank you for the book.", "SM2")
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert FamilyReach.objects.get(pk=two.alis.pk).answered_at == later.at
    assert states(two) == ("answered", "answered")
    assert Conversation.objects.get(household=two.alis).waiting_since == later.at


def test_a_receipt_still_counts_when_the_answer_was_another_familys(
    two: Neighbours, ken: User
) -> None:
    delivery = Delivery.objects.get(household=two.alis)
    apply_receipts(
        [Event(EventKind.RECEIPT, "r", key=delivery.key, state=ReceiptState.DELIVERED)],
        at=clock.now(),
    )
    words = text("Can you call me after six?")
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert states(two) == ("answered", "delivered")


def test_a_later_gesture_counts_although_the_first_was_anothers(
    two: Neighbours, ken: User, at: Path
) -> None:
    words = text("ok")
    assert reach(two.alis) == (True, False)
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert (reach(two.troys), reach(two.alis)) == ((True, False), (False, False))
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=1))
    text("ok", "SM2")
    assert reach(two.alis) == (True, False)
    assert FamilyReach.objects.get(pk=two.alis.pk).seen_at == clock.now()
    assert states(two) == ("seen", "seen")


def test_one_of_two_gestures_leaves_the_other_standing(two: Neighbours, ken: User) -> None:
    text("ok")
    second = text("ok", "SM2")
    move_entry(entry=second, household=two.troys, student=two.troy, by=ken)
    assert (reach(two.troys), reach(two.alis)) == ((True, False), (True, False))
    assert states(two) == ("seen", "seen")


def test_an_answer_about_a_sister_goes_to_her_conversation(
    world: World, carrier: FakeCarrier, ken: User
) -> None:
    troy, maya = world.student("Troy"), world.student("Maya")
    home = world.home(troy, maya, guardians=[world.guardian("Alician", mobile=NUMBER)])
    for child in (troy, maya):
        assert child.sis_id is not None
        world.write(
            purpose=Purpose.PERSONAL, audience=Audience(students=(child.sis_id,)), student=child
        )
        send_due(world.district, urgent=False)
    words = text("He left it in the bus.")
    assert Conversation.objects.get(waiting_since__isnull=False).student == maya
    move_entry(entry=words, household=home, student=troy, by=ken)
    assert Conversation.objects.get(waiting_since__isnull=False).student == troy
    found = dict(Delivery.objects.values_list("student__given", "state"))
    assert found == {"Troy": "answered", "Maya": "accepted"}
    assert reach(home) == (False, True)
    assert list(timeline(home.pk).filter(level=4).values_list("student", flat=True)) == [troy.pk]


def test_a_stop_stays_on_the_number_wherever_its_words_go(two: Neighbours, ken: User) -> None:
    words = text("STOP")
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert list(Stop.objects.filter(lifted_at=None).values_list("match", flat=True)) == [NUMBER]
    assert (reach(two.troys), reach(two.alis)) == ((False, False), (False, False))
    assert (waiting(two.troys), waiting(two.alis)) == (False, False)


def test_a_wrong_number_stays_wrong_and_proves_nothing_elsewhere(
    two: Neighbours, ken: User
) -> None:
    words = text("wrong number")
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert dict(ContactPoint.objects.values_list("guardian__given", "why")) == {
        "Alician": "",
        "Amina": "wrong_person",
    }
    assert (reach(two.troys), reach(two.alis)) == ((False, False), (False, False))


def test_danger_stays_told_and_stays_protected(two: Neighbours, ken: User) -> None:
    words = text("my husband has a gun and says he will kill us")
    told = set(Alert.objects.values_list("user_id", flat=True))
    assert told
    talk = move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert set(Alert.objects.values_list("user_id", flat=True)) >= told
    words.refresh_from_db()
    assert (words.word_class, words.conversation) == ("protected", talk)
    assert timeline(two.troys.pk).filter(level=4).get().word_class == "protected"


def test_an_answer_after_the_move_goes_to_the_family_whose_words_they_are(
    two: Neighbours, carrier: FakeCarrier, ken: User
) -> None:
    words = text("Can you call me after six?")
    talk = move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    delivery = answer(conversation=talk, words="I call at seven.", by=ken)
    assert (delivery.household, delivery.match) == (two.troys, NUMBER)
    assert [r.link.guardian for r in delivery.recipients.all()] == [two.alician]


def test_words_answered_in_the_wrong_place_still_wait_in_the_right_one(
    two: Neighbours, carrier: FakeCarrier, ken: User, at: Path
) -> None:
    words = text("Can you call me after six?")
    assert words.conversation is not None
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=30))
    answer(conversation=words.conversation, words="About Ali? Gladly.", by=ken)
    talk = move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    assert talk.household == two.troys
    assert Conversation.objects.get(household=two.troys).waiting_since == words.at


def test_only_families_at_this_address_are_offered(
    two: Neighbours, world: World, ken: User
) -> None:
    emily = world.student("Emily")
    parker = world.home(emily, guardians=[world.guardian("Ruth", mobile="+13125550199")])
    words = text("Can you call me after six?")
    found = places(words, homes=Household.objects.all(), children=Student.objects.all())
    assert [(p.household, p.student) for p in found] == [
        (two.alis, None),
        (two.troys, two.troy),
        (two.troys, None),
    ]
    with pytest.raises(NotMovable, match="does not share"):
        move_entry(entry=words, household=parker, student=emily, by=ken)
    with pytest.raises(NotMovable, match="not of this family"):
        move_entry(entry=words, household=two.troys, student=emily, by=ken)
    assert EntryMove.objects.count() == 0


def test_a_family_where_the_number_was_found_wrong_is_not_offered(
    two: Neighbours, ken: User
) -> None:
    words = text("Can you call me after six?")
    ContactPoint.objects.filter(guardian=two.alician).update(state="failing", why="wrong_person")
    found = places(words, homes=Household.objects.all(), children=Student.objects.all())
    assert [p.household for p in found] == [two.alis]


@pytest.mark.parametrize("barred", ["Hector", "Elena"])
def test_an_order_keeps_words_of_parents_apart(
    world: World, carrier: FakeCarrier, ken: User, barred: str
) -> None:
    luis, rosa = world.student("Luis"), world.student("Rosa")
    elena, hector = world.guardian("Elena", mobile=NUMBER), world.guardian("Hector", mobile=NUMBER)
    elenas = world.home(luis, guardians=[elena])
    hectors = world.home(luis, rosa, guardians=[hector])
    world.bar(luis, {"Hector": hector, "Elena": elena}[barred])
    assert rosa.sis_id is not None
    world.write(purpose=Purpose.PERSONAL, audience=Audience(students=(rosa.sis_id,)), student=rosa)
    send_due(world.district, urgent=False)
    words = text("Where does she live now?")
    assert words.conversation is not None
    assert words.conversation.household == hectors
    found = places(words, homes=Household.objects.all(), children=Student.objects.all())
    assert {p.household for p in found} == {hectors}
    with pytest.raises(NotMovable, match="order"):
        move_entry(entry=words, household=elenas, student=luis, by=ken)


def test_moved_words_are_on_no_familys_page(two: Neighbours, ken: User) -> None:
    from bothways.web.family.opening import open_at

    delivery = Delivery.objects.get(household=two.alis)
    words = receive_page(delivery, words="Please call me.", button=None, form_key="f1")
    assert words is not None
    opened = open_at(delivery, clock.now())
    assert opened is not None
    assert [one.body for one in opened.answers()] == ["Please call me."]
    move_entry(entry=words, household=two.troys, student=two.troy, by=ken)
    for one in Delivery.objects.all():
        page = open_at(one, clock.now())
        assert page is not None
        assert page.answers() == []


LINES = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50), st.booleans()), max_size=12)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=LINES)
def test_the_roll_up_is_what_the_lines_that_count_say(
    world: World, lines: list[tuple[int, int, bool]]
) -> None:
    home = world.home(world.student("Troy"))
    write(
        [
            Line(
                district_id=world.district.pk,
                household_id=home.pk,
                at=MONDAY_MORNING + timedelta(hours=hours),
                level=Level(level),
                direction=Direction.FROM_FAMILY,
                channel="text",
                source_kind=SourceKind.VISIT,
                source_id=home.pk * 100 + n,
            )
            for n, (level, hours, _) in enumerate(lines)
        ]
    )
    gone = [home.pk * 100 + n for n, (_, _, taken) in enumerate(lines) if taken]
    events = ContactEvent.objects.filter(household=home, source_id__in=gone)
    for _ in range(2):
        withdraw(events.values_list("pk", flat=True), why="moved", by=None, at=MONDAY_MORNING)
    expected = [
        max(
            (
                MONDAY_MORNING + timedelta(hours=hours)
                for level, hours, taken in lines
                if level == wanted and not taken
            ),
            default=None,
        )
        for wanted in range(1, 6)
    ]
    row = FamilyReach.objects.filter(pk=home.pk).first() or FamilyReach()
    assert [
        row.attempted_at,
        row.delivered_at,
        row.seen_at,
        row.answered_at,
        row.met_at,
    ] == expected
