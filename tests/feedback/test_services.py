"""You said, we did: kept once, owed by somebody, told back, answered, and public only without names."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind
from bothways.channels.services import store
from bothways.core import clock
from bothways.feedback.enums import Helped, Kind, Outcome, Source
from bothways.feedback.models import Board, Item
from bothways.feedback.queries import items_for, items_of_family, time_to_answer, withheld
from bothways.feedback.services.board import cautions_of, keep_change, publish, say_in, take_back
from bothways.feedback.services.items import Unusable, close_item, give, open_item, reopen
from bothways.feedback.services.taking import take_answers
from bothways.messaging.enums import Origin
from bothways.messaging.models import Conversation, Delivery, Entry, Message
from bothways.messaging.services.messages import Source as Whence
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from messaging.world import FakeCarrier
from people import Cast, cast


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


def bus(cast: Cast, **more: object) -> Item:
    """Alician would like a later bus."""
    values: dict[str, object] = {
        "household": cast.troys_home,
        "guardian": cast.alician,
        "student": cast.troy,
        "kind": Kind.REQUEST,
        "words": "Could the bus leave later? The club ends at five.",
        "language": "en",
        "source": Source.TALK,
        "source_ref": "7",
        "by": cast.mrs_c,
    }
    return open_item(**{**values, **more})  # type: ignore[arg-type]


def test_one_tap_twice_is_one_and_somebody_who_serves_the_child_has_it_with_a_day(
    everybody: Cast,
) -> None:
    item = bus(everybody)
    assert bus(everybody) == item
    assert (item.owner, item.due_on, item.school) == (
        everybody.mrs_c,
        date(2026, 9, 21),
        everybody.elementary,
    )
    assert Item.objects.count() == 1


@pytest.mark.parametrize("words", ["", "  \n", "\x00", "x" * 5001])
def test_without_words_or_with_a_book_there_is_nothing_to_do(everybody: Cast, words: str) -> None:
    with pytest.raises(Unusable):
        bus(everybody, words=words)


def test_the_family_is_told_what_came_of_it_and_says_whether_it_helped_by_text(
    everybody: Cast, carrier: FakeCarrier
) -> None:
    item = bus(everybody)
    told = close_item(
        item=item,
        outcome=Outcome.DONE,
        came="From Monday on there is a bus at half past five.",
        language="en",
        by=everybody.mrs_c,
    )
    send_due(everybody.district, urgent=False)
    (text,) = carrier.sent
    body = text.versions[0].body
    assert "“Could the bus leave later?" in body
    assert "a bus at half past five" in body
    assert told is not None
    store(
        "twilio",
        [
            Event(
                EventKind.INBOUND,
                "SM1",
                from_="+13125550101",
                to="+1500",
                body="a little, it is late",
            )
        ],
    )
    apply_waiting()
    assert (take_answers(), take_answers()) == (1, 0)
    item.refresh_from_db()
    assert (item.helped, item.outcome) == (Helped.LITTLE, Outcome.DONE)
    assert Conversation.objects.get().waiting_since is not None  # words besides: a person answers
    assert Entry.objects.count() == 1


def test_who_said_it_is_told_and_nobody_else_of_the_home(
    everybody: Cast, carrier: FakeCarrier
) -> None:
    item = bus(
        everybody,
        household=everybody.emilys_home,
        guardian=everybody.emilys_mother,
        student=everybody.emily,
        word_class=WordClass.SPEAKER_ONLY,
    )
    close_item(
        item=item, outcome=Outcome.NO_CHANGE, came="Thank you.", language="en", by=everybody.mrs_c
    )
    links = Delivery.objects.get().recipients.values_list("link__guardian__given", flat=True)
    assert list(links) == ["Ruth"]
    children = [everybody.emily.pk]
    assert items_of_family(everybody.emilys_mother, children).count() == 1
    assert items_of_family(everybody.emilys_father, children).count() == 0


def test_a_barred_parent_is_told_nothing(everybody: Cast, carrier: FakeCarrier) -> None:
    item = bus(
        everybody,
        household=everybody.hectors_home,
        guardian=everybody.hector,
        student=everybody.luis,
    )
    told = close_item(
        item=item, outcome=Outcome.DONE, came="Done.", language="en", by=everybody.principal
    )
    assert (told, item.told_at, Message.objects.count()) == (None, None, 0)


def test_a_machine_s_words_wait_for_a_person_where_they_must(everybody: Cast) -> None:
    everybody.district.vital_purposes = ["personal"]
    everybody.district.save()
    item = bus(everybody)
    with pytest.raises(Unusable):
        close_item(
            item=item,
            outcome=Outcome.DONE,
            came="Hecho.",
            language="es",
            by=everybody.mrs_c,
            whence=Whence(Origin.MACHINE, "stand-in"),
        )
    item.refresh_from_db()
    assert item.closed_at is None


def test_closed_twice_is_said_and_opened_again_it_is_owed_again(everybody: Cast) -> None:
    item = bus(everybody)
    values = {"item": item, "outcome": Outcome.PARTLY, "came": "Soon.", "language": "en"}
    close_item(**values, by=everybody.mrs_c)  # type: ignore[arg-type]
    with pytest.raises(Unusable):
        close_item(**values, by=everybody.principal)  # type: ignore[arg-type]
    reopen(item=item, by=everybody.mrs_c, words="It did not come.", due=date(2026, 9, 20))
    give(item=item, to=everybody.office, due=date(2026, 9, 18), by=everybody.mrs_c)
    assert (item.closed_at, item.owner, [s.did for s in item.steps.order_by("pk")]) == (
        None,
        everybody.office,
        ["made", "closed", "told", "reopened", "given"],
    )


def test_staff_see_items_of_families_they_serve_and_protected_words_only_where_allowed(
    everybody: Cast,
) -> None:
    item = bus(everybody, word_class=WordClass.PROTECTED)
    for user, sees, hidden in (
        (everybody.mrs_c, 1, {item.pk}),
        (everybody.principal, 1, set()),
        (everybody.teacher_elsewhere, 0, set()),  # about Troy, not about Maya
        (everybody.interpreter, 0, set()),
    ):
        found = list(items_for(user))
        assert (len(found), withheld(user, found)) == (sees, hidden)


def test_a_name_on_the_board_is_published_only_after_a_person_looked(everybody: Cast) -> None:
    item = bus(everybody)
    change = keep_change(
        change=None,
        school=everybody.elementary,
        said="Troy needs a later bus.",
        did="There is one.",
        language="en",
        by=everybody.principal,
        items=[item],
    )
    assert [one.found for one in cautions_of(change)] == ["Troy"]
    with pytest.raises(Unusable):
        publish(change=change, by=everybody.principal, looked=False)
    with pytest.raises(Unusable):
        publish(change=change, by=everybody.mrs_c, looked=True)
    assert not Board.objects.exists()
    assert publish(change=change, by=everybody.principal, looked=True).slug == "lincoln-elementary"
    take_back(change=change, by=everybody.principal)
    assert change.published_at is None


def test_words_that_change_are_translated_anew(everybody: Cast) -> None:
    values = {"school": everybody.elementary, "language": "en", "by": everybody.principal}
    change = keep_change(change=None, said="A bus.", did="Yes.", **values)  # type: ignore[arg-type]
    say_in(
        change=change,
        language="ar",
        said="حافلة",
        did="نعم",
        origin=Origin.MACHINE,
        reviewed=False,
        by=everybody.principal,
    )
    keep_change(change=change, said="A later bus.", did="Yes.", **values)  # type: ignore[arg-type]
    assert list(change.texts.values_list("language", flat=True)) == ["en"]


def test_items_count_in_how_long_families_wait(everybody: Cast) -> None:
    for number in range(10):
        from people import guardian, home, student

        child = student(f"Child{number}", "Ngo", everybody.elementary, everybody.room_12)
        adult = guardian(
            everybody.district, f"Adult{number}", "Ngo", email=f"n{number}@example.org"
        )
        item = bus(
            everybody,
            household=home([child], [adult]),
            guardian=adult,
            student=child,
            source_ref=str(number),
        )
        if number < 6:
            Item.objects.filter(pk=item.pk).update(
                at=clock.now() - timedelta(days=20), told_at=clock.now() - timedelta(days=19)
            )
    whole, shown = time_to_answer(
        everybody.district, schools=None, since=clock.now() - timedelta(days=90), now=clock.now()
    )
    assert whole is not None
    assert (whole.families, whole.answered, whole.within, whole.decided) == (10, 6, 6, 6)
    assert [one.language for one in shown] == ["en"]


def test_erasing_an_adult_erases_what_they_said(everybody: Cast) -> None:
    bus(everybody)
    Guardian.objects.get(pk=everybody.alician.pk).delete()
    assert Item.objects.count() == 0
