"""A machine's words: never for what is vital without a person, and marked for the reader elsewhere."""

from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.languages.models import Remembered
from bothways.languages.phrases import phrase
from bothways.ledger.models import FamilyReach
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Origin, Purpose
from bothways.messaging.models import Delivery, HeldHome, Message, Version
from bothways.messaging.naming import names_said
from bothways.messaging.rendering import outgoing
from bothways.messaging.rules import may_go, version_for, worth_releasing
from bothways.messaging.services import reviewing
from bothways.messaging.services.messages import Draft, Source, count, send
from bothways.messaging.services.newsletters import written
from bothways.messaging.translating import waiting, waits_for_review
from bothways.people.models import Guardian, Household
from messaging.world import World

MACHINE = Source(Origin.MACHINE, "echo")
ENGLISH, SOMALI = "Please come today.", "Fadlan maanta kaalay."


@pytest.fixture
def hodan(world: World) -> Guardian:
    """A mother who reads Somali."""
    mother = world.guardian("Hodan", mobile="+13125550111", reads="so")
    world.home(world.student("Ayaan"), guardians=[mother])
    return mother


@pytest.fixture
def alician(world: World) -> Guardian:
    mother = world.guardian("Alician", mobile="+13125550101", reads="en")
    world.home(world.student("Troy"), guardians=[mother])
    return mother


@pytest.fixture
def reviewer(world: World) -> User:
    return User.objects.create_user("fadumo@example.org", district=world.district, given="Fadumo")


def draft(purpose: Purpose, source: Source = MACHINE, **bodies: str) -> Draft:
    return Draft(
        purpose,
        Audience(),
        bodies or {"en": ENGLISH, "so": SOMALI},
        {},
        sources={"so": source},
    )


def sent(message: Message) -> list[tuple[str, list[str]]]:
    found = Delivery.objects.filter(message=message).order_by("address", "attempt")
    return list(found.values_list("address", "languages"))


@given(
    st.sampled_from(Origin),
    st.booleans(),
    st.sampled_from(Purpose),
    st.sets(st.sampled_from([purpose.value for purpose in Purpose])),
)
def test_only_a_machines_words_that_nobody_went_through_wait(
    origin: Origin, reviewed: bool, purpose: Purpose, vital: set[str]
) -> None:
    waits = origin is Origin.MACHINE and not reviewed and purpose.value in vital
    assert may_go(origin, reviewed=reviewed, purpose=purpose, vital=vital) == (not waits)


def test_the_database_says_the_same_as_the_rule(world: World) -> None:
    """All there is: origin × reviewed × purpose × what the district calls vital."""
    now = clock.now()
    for vital in ([], ["emergency"], ["emergency", "personal"], [p.value for p in Purpose]):
        world.district.vital_purposes = vital
        world.district.save()
        Message.objects.all().delete()
        for purpose in Purpose:
            message = Message.objects.create(
                district=world.district, purpose=purpose.value, created_at=now
            )
            for n, (origin, reviewed) in enumerate(product(Origin, (False, True))):
                Version.objects.create(
                    message=message,
                    language=f"x{n}",
                    body="words",
                    origin=origin.value,
                    reviewed_at=now if reviewed else None,
                )
        going = set(Version.objects.may_go().values_list("pk", flat=True))
        assert len(Version.objects.all()) == 32
        for version in Version.objects.select_related("message"):
            rule = may_go(
                Origin(version.origin),
                reviewed=version.reviewed_at is not None,
                purpose=version.message.purpose,
                vital=vital,
            )
            assert (version.pk in going) == rule


@given(
    st.sampled_from(["", *LANGUAGES]),
    st.dictionaries(st.sampled_from(LANGUAGES), st.booleans(), max_size=4),
    st.sampled_from(Purpose),
)
def test_no_reader_of_a_vital_message_gets_a_machines_words(
    reads: str, machine: dict[str, bool], purpose: Purpose
) -> None:
    """``machine``: language → whether only a machine wrote it."""
    vital = ["emergency", "personal"]
    have = [
        tag
        for tag, by_machine in machine.items()
        if may_go(
            Origin.MACHINE if by_machine else Origin.PERSON,
            reviewed=False,
            purpose=purpose,
            vital=vital,
        )
    ]
    got = version_for(reads, have, "en", purpose)
    if purpose.value in vital and got is not None:
        assert not machine[got]


def test_a_personal_word_waits_and_the_family_is_held_with_the_reason(
    world: World, hodan: Guardian, alician: Guardian
) -> None:
    message, fanned = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    assert sent(message) == [("+13125550101", ["en"])]
    assert list(HeldHome.objects.values_list("household", "why")) == [
        (hodan.household_id, "no_translation")
    ]
    assert fanned.blocked == {"no_translation": 1}
    assert waits_for_review([message]) == {message.pk: ["so"]}


def test_what_is_counted_before_sending_is_what_is_sent(
    world: World, hodan: Guardian, alician: Guardian
) -> None:
    for purpose in Purpose:
        before = count(draft(purpose), district=world.district, by=None)
        _, after = send(draft(purpose), district=world.district, by=None)
        assert (before.deliveries, before.blocked) == (after.deliveries, after.blocked)


def test_an_emergency_goes_out_at_once_in_the_districts_language(
    world: World, hodan: Guardian
) -> None:
    message, _ = send(draft(Purpose.EMERGENCY), district=world.district, by=None)
    assert sent(message) == [("+13125550111", ["en"])]


def test_routine_words_go_out_and_say_that_a_machine_wrote_them(
    world: World, hodan: Guardian
) -> None:
    message, _ = send(draft(Purpose.ROUTINE), district=world.district, by=None)
    (delivery,) = Delivery.objects.filter(message=message)
    (out,) = outgoing([delivery.pk])
    assert SOMALI in out.versions[0].body
    assert phrase("so", "machine_made") in out.versions[0].body


@pytest.mark.parametrize("channel", [Channel.TEXT, Channel.EMAIL, Channel.LETTER, Channel.VOICE])
def test_the_mark_stands_on_every_channel(world: World, hodan: Guardian, channel: Channel) -> None:
    message, _ = send(draft(Purpose.ROUTINE), district=world.district, by=None)
    Delivery.objects.filter(message=message).update(channel=channel.value)
    (out,) = outgoing([Delivery.objects.get(message=message).pk])
    assert phrase("so", "machine_made") in out.versions[0].body


@pytest.mark.parametrize("source", [Source(), Source(Origin.PHRASEBOOK), Source(Origin.MEMORY)])
def test_words_of_people_have_no_mark(world: World, hodan: Guardian, source: Source) -> None:
    message, _ = send(draft(Purpose.PERSONAL, source), district=world.district, by=None)
    (out,) = outgoing([Delivery.objects.get(message=message).pk])
    assert phrase("so", "machine_made") not in out.versions[0].body


def test_a_machines_words_that_somebody_went_through_go_without_a_mark(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    source = Source(Origin.MACHINE, "echo", reviewer)
    message, _ = send(draft(Purpose.PERSONAL, source), district=world.district, by=None)
    (out,) = outgoing([Delivery.objects.get(message=message).pk])
    assert phrase("so", "machine_made") not in out.versions[0].body


def test_approval_sends_to_who_waited_once(
    world: World, hodan: Guardian, alician: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    better = "Fadlan maanta iskuulka kaalay."
    done = reviewing.approve(message=message, language="so", body=better, by=reviewer)
    again = reviewing.approve(message=message, language="so", body=better, by=reviewer)
    assert (done.deliveries, again.deliveries) == (1, 0)
    assert sent(message) == [("+13125550101", ["en"]), ("+13125550111", ["so"])]
    assert HeldHome.objects.count() == 0
    version = message.versions.get(language="so")
    assert (version.body, version.origin, version.reviewed_by) == (
        better,
        Origin.PERSON.value,
        reviewer,
    )
    reach = FamilyReach.objects.get(household=hodan.household_id)
    assert (reach.held_why, reach.held_at) == ("", None)


def test_approval_is_remembered(world: World, hodan: Guardian, reviewer: User) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    row = Remembered.objects.get()
    assert (row.source_text, row.target_text, row.reviewed) == (ENGLISH, SOMALI, True)


def test_a_language_that_nobody_wrote_is_translated_and_sent(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.TIMELY, en=ENGLISH), district=world.district, by=None)
    assert sent(message) == []
    (item,) = waiting(world.district)
    assert (item.language, item.version, item.homes, item.blocks) == ("so", None, 1, True)
    done = reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert done.deliveries == 1
    assert waiting(world.district) == []


def test_of_two_parents_the_one_who_waited_gets_it(world: World, reviewer: User) -> None:
    mother = world.guardian("Hodan", mobile="+13125550111", reads="so")
    father = world.guardian("Yusuf", mobile="+13125550112", reads="en")
    home = world.home(world.student("Ayaan"), guardians=[mother, father])
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    assert sent(message) == [("+13125550112", ["en"])]
    reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert sent(message) == [("+13125550111", ["so"]), ("+13125550112", ["en"])]
    assert FamilyReach.objects.get(household=home).held_why == ""


def test_a_home_that_has_it_already_is_not_said_to_be_held(world: World, reviewer: User) -> None:
    mother = world.guardian("Hodan", reads="so")  # no number at all
    father = world.guardian("Yusuf", mobile="+13125550112", reads="en")
    home = world.home(world.student("Ayaan"), guardians=[mother, father])
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert HeldHome.objects.count() == 0
    assert FamilyReach.objects.get(household=home).held_why == ""


def test_a_family_that_may_not_be_told_any_more_gets_nothing_on_approval(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    world.bar(world.student_one(), hodan)
    done = reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert done.deliveries == 0
    assert list(HeldHome.objects.values_list("why", flat=True)) == ["no_lawful_contact"]


def test_an_approved_emergency_goes_once_more_in_the_familys_own_language(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.EMERGENCY), district=world.district, by=None)
    done = reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert done.deliveries == 1
    assert sent(message) == [("+13125550111", ["en"]), ("+13125550111", ["so"])]


def test_an_emergency_that_is_over_is_not_sent_again(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.EMERGENCY), district=world.district, by=None)
    Message.objects.update(sent_at=clock.now() - timedelta(hours=7))
    message.refresh_from_db()
    done = reviewing.approve(message=message, language="so", body=SOMALI, by=reviewer)
    assert (done.deliveries, done.late) == (0, True)
    assert Remembered.objects.count() == 1


@pytest.mark.parametrize("purpose", list(Purpose))
def test_words_are_worth_releasing_for_a_while(purpose: Purpose) -> None:
    now = clock.now()
    assert worth_releasing(purpose, now, now)
    assert not worth_releasing(purpose, now - timedelta(days=15), now)


def test_what_is_sent_back_says_why_and_goes_on_waiting(
    world: World, hodan: Guardian, reviewer: User
) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    version = message.versions.get(language="so")
    reviewing.send_back(version=version, words="Which day is meant?", by=reviewer)
    (item,) = waiting(world.district)
    assert item.version is not None
    assert (item.version.returned_words, item.version.returned_by) == (
        "Which day is meant?",
        reviewer,
    )


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 10_001, "a\x00b"])
def test_unusable_words_are_refused_and_change_nothing(
    world: World, hodan: Guardian, reviewer: User, body: str
) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    with pytest.raises(reviewing.UnusableTranslation):
        reviewing.approve(message=message, language="so", body=body, by=reviewer)
    assert message.versions.get(language="so").body == SOMALI


@pytest.mark.parametrize("language", ["en", "klingonese", ""])
def test_the_original_and_no_language_cannot_be_approved(
    world: World, hodan: Guardian, reviewer: User, language: str
) -> None:
    message, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    with pytest.raises(reviewing.UnusableTranslation):
        reviewing.approve(message=message, language=language, body="words", by=reviewer)


def test_what_waits_is_sorted_by_what_is_at_stake(world: World, hodan: Guardian) -> None:
    send(draft(Purpose.ROUTINE), district=world.district, by=None)
    send(draft(Purpose.PERSONAL), district=world.district, by=None)
    send(draft(Purpose.EMERGENCY), district=world.district, by=None)
    assert [(one.message.purpose, one.blocks, one.homes) for one in waiting(world.district)] == [
        ("emergency", True, 0),
        ("personal", True, 1),
        ("routine", False, 0),
    ]


def test_the_queue_costs_the_same_for_many(
    world: World, hodan: Guardian, django_assert_num_queries: object
) -> None:
    for _ in range(6):
        send(draft(Purpose.PERSONAL), district=world.district, by=None)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(waiting(world.district)) == 6


def test_a_newsletter_is_not_printed_in_words_that_wait(world: World, hodan: Guardian) -> None:
    world.district.vital_purposes = ["routine"]
    world.district.save()
    message, _ = send(draft(Purpose.ROUTINE), district=world.district, by=None)
    from bothways.messaging.models import Newsletter

    news = Newsletter(school=world.school, messages=[message.pk])
    assert written(news).languages == ["en"]


def test_names_of_the_district_are_found_in_a_text(world: World, hodan: Guardian) -> None:
    world.student("Will", "Núñez")
    words = "Will Ayaan's mother come? Hodan, ask Mr. Núñez and Will at Grand Bend Elementary."
    assert names_said(world.district, words) == [
        "Ayaan",
        "Grand Bend Elementary",
        "Hodan",
        "Núñez",
        "Will",
    ]
    assert names_said(world.district, "Will you come in May?") == []
    assert Household.objects.count() == 1


def test_the_familys_page_says_it_too_and_hides_what_waits(
    world: World, hodan: Guardian, alician: Guardian
) -> None:
    routine, _ = send(draft(Purpose.ROUTINE), district=world.district, by=None)
    Delivery.objects.update(state="accepted", rank=20)
    code = Delivery.objects.get(message=routine, household=hodan.household_id).code
    shown = Client().get(f"/r/{code}").content.decode()
    assert SOMALI in shown
    assert phrase("so", "machine_made") in shown
    personal, _ = send(draft(Purpose.PERSONAL), district=world.district, by=None)
    Delivery.objects.update(state="accepted", rank=20)
    code = Delivery.objects.get(message=personal).code
    shown = Client().get(f"/r/{code}?lang=so").content.decode()
    assert SOMALI not in shown
    assert ENGLISH in shown
