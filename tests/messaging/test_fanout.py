"""Each home by the way that works for it, and nobody who may not be contacted."""

from datetime import date

import pytest

from bothways.consent.models import Stop
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Delivery, HeldHome, Message, Recipient
from bothways.people.models import ContactPoint, Link
from messaging.world import World


def ways(message: Message) -> list[tuple[str, str]]:
    return sorted(Delivery.objects.filter(message=message).values_list("channel", "address"))


def held(message: Message) -> list[str]:
    return sorted(HeldHome.objects.filter(message=message).values_list("why", flat=True))


def test_a_mobile_number_gets_a_text_and_no_letter(world: World) -> None:
    alician = world.guardian("Alician", mobile="+13125550101", address="9 Elm St\nGrand Bend")
    world.home(world.student("Troy"), guardians=[alician])
    message, fanned = world.write()
    assert ways(message) == [("text", "+13125550101")]
    assert (fanned.families, fanned.recipients, fanned.deliveries) == (1, 1, {"text": 1})


def test_emilys_parents_without_any_phone_get_one_letter_together(world: World) -> None:
    mother = world.guardian("Ruth", address="4 Fence Ln.\nGrand Bend")
    father = world.guardian("Carl", address="4 Fence Ln\nGrand Bend")
    world.home(world.student("Emily"), guardians=[mother, father])
    message, fanned = world.write()
    assert [channel for channel, _ in ways(message)] == ["letter"]
    assert fanned.recipients == 2


def test_a_phone_of_unknown_kind_is_tried_besides_a_letter_never_instead(world: World) -> None:
    guardian = world.guardian("Ana", phone="+13125550102", address="5 Oak St\nGrand Bend")
    world.home(world.student("Luis"), guardians=[guardian])
    message, _ = world.write()
    assert [channel for channel, _ in ways(message)] == ["letter", "text"]


def test_a_number_known_as_landline_is_not_texted(world: World) -> None:
    guardian = world.guardian("Ana", phone="+13125550102", address="5 Oak St\nGrand Bend")
    ContactPoint.objects.filter(kind="phone").update(phone_kind="landline")
    world.home(world.student("Luis"), guardians=[guardian])
    message, _ = world.write()
    assert [channel for channel, _ in ways(message)] == ["letter"]


def test_a_failing_number_gives_way_to_email(world: World) -> None:
    guardian = world.guardian("Ana", mobile="+13125550102", email="ana@example.org")
    ContactPoint.objects.filter(kind="phone").update(state="failing")
    world.home(world.student("Luis"), guardians=[guardian])
    message, _ = world.write()
    assert ways(message) == [("email", "ana@example.org")]


def test_separated_parents_are_two_homes_with_one_child(world: World) -> None:
    troy = world.student("Troy")
    mother = world.guardian("Alician", address="9 Elm St\nGrand Bend")
    father = world.guardian("Ray", address="9 Elm St\nGrand Bend")
    world.home(troy, guardians=[mother])
    home = world.home(guardians=[father])
    Link.objects.create(district=world.district, student=troy, guardian=father)
    home.children.create(student=troy)
    message, fanned = world.write()
    assert fanned.families == 2
    assert [channel for channel, _ in ways(message)] == ["letter", "letter"]


def test_a_hidden_address_is_never_printed_not_even_for_another_adult_who_gave_it(
    world: World,
) -> None:
    troy = world.student("Troy")
    hidden = world.guardian("Alician", address="9 Elm St\nGrand Bend", address_hidden=True)
    other = world.guardian("Ray", address="9 Elm St.\nGrand Bend")
    world.home(troy, guardians=[hidden])
    home = world.home(guardians=[other])
    Link.objects.create(district=world.district, student=troy, guardian=other)
    home.children.create(student=troy)
    message, _ = world.write()
    assert ways(message) == [("handover", ""), ("handover", "")]


def test_a_barred_father_gets_nothing_and_his_home_is_counted(world: World) -> None:
    troy = world.student("Troy")
    mother = world.guardian("Alician", mobile="+13125550101")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, guardians=[mother])
    home = world.home(guardians=[father])
    Link.objects.create(district=world.district, student=troy, guardian=father)
    home.children.create(student=troy)
    world.bar(troy, father)
    message, fanned = world.write()
    assert ways(message) == [("text", "+13125550101")]
    assert fanned.blocked == {"no_lawful_contact": 1}


def test_a_father_barred_from_one_child_hears_only_of_the_other(world: World) -> None:
    troy, ana = world.student("Troy"), world.student("Ana")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, ana, guardians=[father])
    world.bar(troy, father)
    message, _ = world.write()
    links = Recipient.objects.filter(delivery__message=message).values_list("link__student__given")
    assert list(links) == [("Ana",)]
    only_troy, fanned = world.write(audience=Audience(students=(str(troy.sis_id),)))
    assert ways(only_troy) == []
    assert fanned.blocked == {"no_lawful_contact": 1}


@pytest.mark.parametrize(
    ("starts", "ends", "sent"),
    [
        (None, None, 0),
        (date(2026, 9, 14), None, 0),
        (None, date(2026, 9, 14), 0),
        (date(2026, 9, 15), None, 1),
        (None, date(2026, 9, 13), 1),
    ],
)
def test_a_restriction_holds_from_its_first_day_to_its_last(
    world: World, starts: date | None, ends: date | None, sent: int
) -> None:
    troy = world.student("Troy")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, guardians=[father])
    world.bar(troy, father, starts_on=starts, ends_on=ends)
    message, _ = world.write()
    assert len(ways(message)) == sent


def test_a_restriction_that_could_not_be_read_blocks(world: World) -> None:
    troy = world.student("Troy")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, guardians=[father])
    world.bar(troy, father, kind="pick_up", starts_on=date(2030, 1, 1), needs_review=True)
    message, _ = world.write()
    assert ways(message) == []


def test_no_records_stops_what_is_about_the_child_and_not_the_news(world: World) -> None:
    troy = world.student("Troy")
    father = world.guardian("Ray", mobile="+13125550109")
    world.home(troy, guardians=[father])
    world.bar(troy, father, kind="records")
    news, _ = world.write()
    about, _ = world.write(
        purpose=Purpose.PERSONAL, student=troy, audience=Audience(students=(str(troy.sis_id),))
    )
    assert (len(ways(news)), len(ways(about))) == (1, 0)


def test_at_eighteen_a_students_records_are_the_students(world: World) -> None:
    troy = world.student("Troy")
    world.home(troy, guardians=[world.guardian("Alician", mobile="+13125550101")])
    only_troy = Audience(students=(str(troy.sis_id),))
    sent = []
    for birth, shares in (
        (date(2008, 9, 14), False),
        (date(2008, 9, 15), False),
        (date(2008, 9, 14), True),
    ):
        troy.birth_date, troy.shares_with_guardians = birth, shares
        troy.save()
        message, _ = world.write(purpose=Purpose.PERSONAL, student=troy, audience=only_troy)
        sent.append(len(ways(message)))
    assert sent == [0, 1, 1]


def test_a_stop_by_text_leaves_the_other_ways_open(world: World) -> None:
    alician = world.guardian("Alician", mobile="+13125550101", address="9 Elm St\nGrand Bend")
    world.home(world.student("Troy"), guardians=[alician])
    Stop.objects.create(
        district=world.district, kind="phone", match="+13125550101", by=Stop.By.OURS, at=clock.now()
    )
    message, _ = world.write()
    assert [channel for channel, _ in ways(message)] == ["letter"]


def test_homes_that_cannot_be_written_to_are_kept_with_the_reason(world: World) -> None:
    world.home(world.student("Nobody"))
    world.home(world.student("Silent"), guardians=[world.guardian("A")])
    world.home(world.student("Stopped"), guardians=[world.guardian("B", mobile="+13125550111")])
    world.home(
        world.student("Hodan"), guardians=[world.guardian("C", mobile="+13125550112", reads="so")]
    )
    world.home(
        world.student("Emily"),
        guardians=[world.guardian("D", address="4 Fence Ln", can_read=False)],
    )
    Stop.objects.create(
        district=world.district, kind="phone", match="+13125550111", by=Stop.By.OURS, at=clock.now()
    )
    message, fanned = world.write()
    assert held(message) == [
        "no_contact_point",
        "no_guardian",
        "no_translation",
        "spoken_needed",
        "stopped",
    ]
    assert (fanned.families, fanned.without_translation) == (5, 1)


def test_each_adult_is_written_to_in_the_language_they_read(world: World) -> None:
    ana = world.guardian("Ana", mobile="+13125550101", reads="es-MX")
    bob = world.guardian("Bob", mobile="+13125550102")
    world.home(world.student("Luis"), guardians=[ana, bob])
    world.write()
    assert dict(Delivery.objects.values_list("address", "languages")) == {
        "+13125550101": ["es"],
        "+13125550102": ["en"],
    }


def test_a_letter_to_a_home_of_two_languages_carries_both(world: World) -> None:
    ana = world.guardian("Ana", address="5 Oak St", reads="es")
    bob = world.guardian("Bob", address="5 Oak St", reads="en")
    world.home(world.student("Luis"), guardians=[ana, bob])
    world.write()
    assert Delivery.objects.get().languages == ["en", "es"]


def test_an_emergency_goes_everywhere_and_in_the_schools_language_rather_than_not(
    world: World,
) -> None:
    hodan = world.guardian("C", mobile="+13125550112", email="c@example.org", reads="so")
    world.home(world.student("Hodan"), guardians=[hodan])
    message, _ = world.write(purpose=Purpose.EMERGENCY)
    assert [channel for channel, _ in ways(message)] == ["email", "text"]


def test_one_number_shared_by_two_homes_is_one_delivery_for_each(world: World) -> None:
    for child in ("Troy", "Ana"):
        world.home(
            world.student(child), guardians=[world.guardian(f"of {child}", mobile="+13125550101")]
        )
    message, _ = world.write()
    assert ways(message) == [("text", "+13125550101")] * 2


def test_counting_first_changes_nothing(world: World) -> None:
    from bothways.messaging.services.messages import Draft, count

    world.home(world.student("Troy"), guardians=[world.guardian("A", mobile="+13125550101")])
    draft = Draft(Purpose.ROUTINE, Audience(), {"en": "Hello"}, {})
    counted = count(draft, district=world.district, by=None)
    assert (counted.deliveries, Message.objects.count(), Delivery.objects.count()) == (
        {"text": 1},
        0,
        0,
    )
