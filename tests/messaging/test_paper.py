"""Paper: by post or in the bag, when it counts as tried, and what comes back."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.channels.services import values_of
from bothways.consent.paper import Paper, ask_for_paper, set_paper
from bothways.core import clock
from bothways.ledger.models import ContactEvent, FamilyReach
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Bag, Delivery
from bothways.messaging.services import paper
from bothways.messaging.services.paper import Back, Unprintable
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint, Enrollment, Guardian, Household, Student
from bothways.schools.models import Section
from messaging.world import World
from people import staff

FENCE = "12 Fence Rd\nGrand Bend, TX 78834"


@pytest.fixture
def tray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return Path(values_of("letters")["folder"])


@pytest.fixture
def ken(world: World) -> User:
    return staff("Ken", Role.OFFICE, world.district, world.school)


@pytest.fixture
def pupil(world: World) -> Callable[..., tuple[Student, Household]]:
    """A child in a class, with one home that has an address and nothing else."""

    def made(
        given: str, title: str = "Room 12", *, address: str = "", **guardian: object
    ) -> tuple[Student, Household]:
        child = world.student(given)
        section, _ = Section.objects.get_or_create(
            district=world.district, school=world.school, sis_id=title, defaults={"title": title}
        )
        Enrollment.objects.create(district=world.district, student=child, section=section)
        adult = world.guardian("Ruth", address=address or f"1 {given} Rd\nGrand Bend", **guardian)
        return child, world.home(child, guardians=[adult])

    return made


Pupil = Callable[..., tuple[Student, Household]]


def print_all(world: World, **bodies: str) -> list[Delivery]:
    """A message to everybody; what became of its deliveries, by home."""
    message, _ = world.write(purpose=Purpose.PERSONAL, **bodies)
    send_due(world.district, urgent=False)
    return list(Delivery.objects.filter(message=message).order_by("household_id"))


def bagged(world: World) -> None:
    world.district.paper = Paper.BAG.value
    world.district.save()


def words(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def lying(tray: Path, kind: str) -> list[str]:
    (path,) = tray.glob(f"{kind}-*.pdf")
    return words(path.read_bytes())


def levels(home: Household) -> list[int]:
    return list(
        ContactEvent.objects.filter(household=home)
        .order_by("level")
        .values_list("level", flat=True)
    )


# --- when it counts ------------------------------------------------------------------------------


def test_letter_in_the_tray_was_not_tried(world: World, pupil: Pupil, tray: Path) -> None:
    _, home = pupil("Emily", address=FENCE)
    (letter,) = print_all(world)
    reach = FamilyReach.objects.get(household=home)
    assert (letter.state, letter.accepted_at, levels(home), reach.attempted_at) == (
        "printed",
        None,
        [],
        None,
    )


def test_posted_letter_counts_on_the_day_it_was_posted(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    _, home = pupil("Emily", address=FENCE)
    print_all(world)
    day = clock.today(world.district.timezone) - timedelta(days=1)
    all_ = Delivery.objects.all()
    told = {"day": day, "by": ken, "district": world.district, "at": clock.now()}
    assert [paper.mark_posted(all_, **told), paper.mark_posted(all_, **told)] == [1, 0]  # type: ignore[arg-type]
    event = ContactEvent.objects.get(household=home)
    assert (event.level, event.at.astimezone(world.district.zone).date()) == (1, day)


def test_day_that_is_still_to_come_is_refused(world: World, ken: User, tray: Path) -> None:
    day = clock.today(world.district.timezone) + timedelta(days=1)
    with pytest.raises(ValueError, match="still to come"):
        paper.mark_posted(
            Delivery.objects.all(), day=day, by=ken, district=world.district, at=clock.now()
        )


def test_print_shop_says_in_the_tray_what_it_posted(world: World, pupil: Pupil, tray: Path) -> None:
    _, home = pupil("Emily", address=FENCE)
    print_all(world)
    (ticket,) = tray.glob("letter-*.json")
    ticket.with_suffix(".posted").touch()
    (tray / "letter-no-ticket.posted").touch()
    assert [paper.collect_posted(at=clock.now()), paper.collect_posted(at=clock.now())] == [1, 0]
    assert levels(home) == [1]
    assert not ticket.with_suffix(".posted").exists()


def test_what_the_print_shop_posted_before_we_wrote_it_down_waits(
    world: World, pupil: Pupil, tray: Path
) -> None:
    pupil("Emily", address=FENCE)
    (letter,) = print_all(world)
    Delivery.objects.filter(pk=letter.pk).update(state="claimed", rank=10)
    (ticket,) = tray.glob("letter-*.json")
    word = ticket.with_suffix(".posted")
    word.touch()
    assert (paper.collect_posted(at=clock.now()), word.exists()) == (0, True)


# --- by post or in the bag -----------------------------------------------------------------------


def test_family_comes_before_the_school_and_the_school_before_the_district(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    pupil("Ada")
    _, asks_for_post = pupil("Bea")
    _, asks_for_bag = pupil("Cleo")

    def ways() -> list[str]:
        return [delivery.channel for delivery in print_all(world)]

    ask_for_paper(household=asks_for_bag, paper=Paper.BAG, by=ken)
    assert ways() == ["letter", "letter", "handover"]
    set_paper(place=world.school, paper=Paper.BAG, by=ken)
    ask_for_paper(household=asks_for_post, paper=Paper.POST, by=ken)
    assert ways() == ["handover", "letter", "handover"]
    set_paper(place=world.district, paper=Paper.BAG, by=ken)
    set_paper(place=world.school, paper=None, by=ken)
    ask_for_paper(household=asks_for_post, paper=None, by=ken)
    assert ways() == ["handover"] * 3


def test_bag_letters_lie_by_class_and_child_under_a_sheet_that_tells_no_content(
    world: World, pupil: Pupil, tray: Path
) -> None:
    bagged(world)
    for given, title in (("Zoe", "Room 12"), ("Emily", "Room 7"), ("Ada", "Room 12")):
        pupil(given, title)
    print_all(world, en="The book fair is on Friday.")
    pages = [page for page in lying(tray, "bag") if page]
    assert [
        next(name for name in ("Please give", "Ada Dyer", "Zoe Dyer", "Emily Dyer") if name in page)
        for page in pages
    ] == ["Please give", "Ada Dyer", "Zoe Dyer", "Please give", "Emily Dyer"]
    assert ["Room 12" in page for page in pages] == [True, True, True, False, False]
    assert "Ada Dyer" in pages[0]
    assert "Zoe Dyer" in pages[0]
    assert "Emily" not in pages[0]
    assert ["book fair" in page for page in pages] == [False, True, True, False, True]
    assert [part for page in pages for part in ("Ada Rd", "Ruth") if part in page] == []


def test_first_class_of_the_day_gives_out_the_letters(
    world: World, pupil: Pupil, tray: Path
) -> None:
    bagged(world)
    child, _ = pupil("Troy", "Algebra")
    for title in ("Biology", "Homeroom 204"):
        section = Section.objects.create(
            district=world.district, school=world.school, sis_id=title, title=title
        )
        Enrollment.objects.create(district=world.district, student=child, section=section)
    print_all(world)
    assert Bag.objects.get().section.title == "Homeroom 204"  # type: ignore[union-attr]


def test_child_about_whom_an_order_stands_carries_nothing(
    world: World, pupil: Pupil, tray: Path
) -> None:
    bagged(world)
    child, home = pupil("Luis")
    hector = world.guardian("Hector")
    world.home(child, guardians=[hector])
    world.bar(child, hector)
    (letter,) = print_all(world)
    assert (letter.household_id, letter.channel) == (home.pk, "letter")


def test_hidden_home_gets_the_bag_only_where_it_asked(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    bagged(world)
    _, home = pupil("Luis", address="77 Hidden Way", address_hidden=True)
    (first,) = print_all(world)
    assert (first.channel, Bag.objects.exists()) == ("handover", False)
    assert "To be handed over in person." in lying(tray, "handover")[0]
    ask_for_paper(household=home, paper=Paper.BAG, by=ken)
    (second,) = print_all(world)
    assert (second.channel, second.bag.student.given) == ("handover", "Luis")
    assert "Hidden" not in " ".join(lying(tray, "bag") + lying(tray, "handover"))


def test_child_with_two_homes_takes_two_letters_each_with_its_name(
    world: World, pupil: Pupil, tray: Path
) -> None:
    bagged(world)
    child, _ = pupil("Maya")
    dale = world.guardian("Dale", address="3 Far Rd\nGrand Bend")
    world.home(child, guardians=[dale])
    print_all(world)
    cover, *letters = (page for page in lying(tray, "bag") if page)
    assert "Maya Dyer Dale Dyer" in cover
    assert "Maya Dyer Ruth Dyer" in cover
    assert ["Dale Dyer" in page for page in letters] == [True, False]
    assert ["Ruth Dyer" in page for page in letters] == [False, True]


def test_brothers_and_sisters_take_one_letter_home(world: World, tray: Path) -> None:
    bagged(world)
    old, young = world.student("Troy"), world.student("Maya")
    Student.objects.filter(pk=old.pk).update(birth_date="2012-01-01")
    Student.objects.filter(pk=young.pk).update(birth_date="2016-01-01")
    world.home(old, young, guardians=[world.guardian("Alician", address=FENCE)])
    (letter,) = print_all(world)
    assert letter.bag.student.given == "Maya"


def test_letters_for_the_post_keep_their_addresses(world: World, pupil: Pupil, tray: Path) -> None:
    pupil("Emily", address=FENCE)
    print_all(world)
    assert "12 Fence Rd" in lying(tray, "letter")[0]


@pytest.mark.parametrize(
    ("tag", "said"), [("ar", "معرض الكتاب يوم الجمعة."), ("am", "የመጽሐፍ ትርኢቱ ዓርብ ነው።")]
)
def test_letter_in_the_bag_is_in_the_words_of_the_home(
    world: World, pupil: Pupil, tray: Path, tag: str, said: str
) -> None:
    bagged(world)
    pupil("Nour", reads=tag)
    print_all(world, en="The book fair is on Friday.", **{tag: said})
    text = "".join(lying(tray, "bag"))
    assert "Nour Dyer" in text
    assert "book fair" not in text
    # Shaped letters come back in the order of the sheet: each is there.
    assert {letter for letter in said if letter.isalpha()} - set(text) == set()


# --- given out -----------------------------------------------------------------------------------


def test_ticked_list_is_delivered_and_who_was_away_waits_for_tomorrow(
    world: World, pupil: Pupil, tray: Path, ken: User, at: Path
) -> None:
    bagged(world)
    ada, adas = pupil("Ada")
    bea, beas = pupil("Bea")
    print_all(world)

    def give(present: list[Student], absent: list[Student]) -> tuple[int, int]:
        done = paper.give_out(
            paper.waiting_bags(world.district),
            present=[child.pk for child in present],
            absent=[child.pk for child in absent],
            by=ken,
            at=clock.now(),
        )
        return done.given, done.missed

    assert [give([ada], [bea]), give([ada], [bea])] == [(1, 1), (0, 0)]
    assert (levels(adas), levels(beas)) == ([1, 2], [])
    clock.stop_at(at, clock.now() + timedelta(days=1))
    assert give([bea], []) == (1, 0)
    assert levels(beas) == [1, 2]


def test_who_is_away_for_a_week_gets_another_step(
    world: World, pupil: Pupil, tray: Path, ken: User, at: Path
) -> None:
    bagged(world)
    ada, home = pupil("Ada")
    print_all(world)
    for _ in range(paper.MOST_MISSED):
        paper.give_out(
            paper.waiting_bags(world.district),
            present=[],
            absent=[ada.pk],
            by=ken,
            at=clock.now(),
        )
        clock.stop_at(at, clock.now() + timedelta(days=1))
    letter = Delivery.objects.get()
    assert (letter.state, letter.error) == ("undelivered", "not_given")
    assert ContactPoint.objects.get(guardian__household=home).state == "unknown"


def test_letter_given_by_hand_says_nothing_about_the_address(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    bagged(world)
    ada, home = pupil("Ada")
    print_all(world)
    paper.give_out(
        paper.waiting_bags(world.district), present=[ada.pk], absent=[], by=ken, at=clock.now()
    )
    assert ContactPoint.objects.get(guardian__household=home).state == "unknown"


# --- come back -----------------------------------------------------------------------------------


def test_returned_letter_makes_the_address_fail_until_it_is_taken_back(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    pupil("Emily", address=FENCE)
    (letter,) = print_all(world)

    def stands() -> tuple[str, str, str]:
        row, point = Delivery.objects.get(), ContactPoint.objects.get()
        return row.state, point.state, point.why

    twice = [paper.note_returned(letter, why=Back.MOVED, by=ken, at=clock.now()) for _ in range(2)]
    assert twice == [True, False]
    assert stands() == ("undelivered", "failing", "returned_moved")
    twice = [paper.take_back_return(letter, by=ken, at=clock.now()) for _ in range(2)]
    assert twice == [True, False]
    assert stands() == ("accepted", "unknown", "")


# --- once more -----------------------------------------------------------------------------------


def test_letter_printed_again_is_the_same_letter_and_no_second_contact(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    _, home = pupil("Emily", address=FENCE)
    (letter,) = print_all(world)
    before = list(Delivery.objects.values())
    pdf, count = paper.print_again(Delivery.objects.all(), by=ken, district=world.district)
    code = letter.code
    assert count == 1
    assert f"{code[:4]}-{code[4:8]}-{code[8:]}" in words(pdf)[0]
    assert (list(Delivery.objects.values()), levels(home)) == (before, [])


def test_letter_is_not_printed_again_for_whom_an_order_bars(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    child, _ = pupil("Luis")
    print_all(world)
    world.bar(child, Guardian.objects.get())
    with pytest.raises(Unprintable, match="may no longer go"):
        paper.print_again(Delivery.objects.all(), by=ken, district=world.district)


def test_address_that_was_hidden_meanwhile_is_not_printed_again(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    pupil("Luis")
    print_all(world)
    Guardian.objects.update(address_hidden=True)
    with pytest.raises(Unprintable):
        paper.print_again(Delivery.objects.all(), by=ken, district=world.district)


def test_office_may_choose_the_other_way_until_letters_are_posted(
    world: World, pupil: Pupil, tray: Path, ken: User
) -> None:
    _, stays = pupil("Ada")
    pupil("Bea")
    ask_for_paper(household=stays, paper=Paper.POST, by=ken)
    first, second = print_all(world)
    both = Delivery.objects.all()
    moved = paper.send_other_way(both, Paper.BAG, by=ken, district=world.district)
    ways = list(Delivery.objects.order_by("pk").values_list("channel", "key"))
    assert (moved, ways) == (1, [("letter", first.key), ("handover", second.key)])
    assert "Bea Dyer" in lying(tray, "bag")[0]
    paper.send_other_way(both, Paper.POST, by=ken, district=world.district)
    assert Delivery.objects.get(pk=second.pk).address == "1 Bea Rd\nGrand Bend"
    told = {"day": clock.today(world.district.timezone), "by": ken, "at": clock.now()}
    paper.mark_posted(both, district=world.district, **told)  # type: ignore[arg-type]
    with pytest.raises(Unprintable):
        paper.send_other_way(both, Paper.BAG, by=ken, district=world.district)
