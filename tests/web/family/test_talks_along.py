"""What an adult takes along of the talks with the school: what was agreed, nothing that one side said alone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bothways.cases.enums import How, Side
from bothways.cases.models import Talk
from bothways.cases.services import talks as work
from bothways.cases.services.talks import Agreed, Prepared
from bothways.core import clock
from bothways.outreach.enums import Way
from bothways.people.enums import RestrictionKind, WordClass
from bothways.people.models import Guardian
from bothways.web.family import taking
from messaging.world import World
from web.family.homes import Family, family, open_pages, works

ALONE = ("He hits others.", "It is her fault.", "Bring the file.", "Rosa watches him on Mondays.")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    taking.taking.forget()


@pytest.fixture
def home(world: World, at: Path) -> Family:
    return family(world)


@pytest.fixture
def aunt(home: Family) -> Guardian:
    """Rosa lives with them, and may hear of Troy."""
    found = home.world.guardian("Rosa", mobile="+13125550199", reads="en", speaks="en")
    found.household = home.alician.household
    found.save()
    home.troy.links.create(district=home.world.district, guardian=found)
    works(found)
    return found


def prepared(home: Family, aunt: Guardian) -> Talk:
    """Mrs. C has prepared it, asked the aunt what she sees, and noted what each does."""
    household = home.alician.household
    assert household is not None
    talk = work.open_talk(household=household, student=home.troy, by=home.mrs_c, form_key="t")
    work.prepare(talk=talk, prepared=Prepared("He hits others.", "Calm mornings"), by=home.mrs_c)
    work.note_family_view(
        talk=talk,
        words="It is her fault.",
        language="en",
        how=How.CALL,
        word_class=WordClass.FAMILY,
        by=home.mrs_c,
    )
    work.add_note(
        talk=talk,
        words="Bring the file.",
        word_class=WordClass.FAMILY,
        by=home.mrs_c,
        form_key="n",
    )
    today = clock.today(talk.district.timezone)
    for words, side, guardian in (
        ("A desk at the window.", Side.SCHOOL, None),
        ("Bed at nine.", Side.HOME, home.alician),
        ("Rosa watches him on Mondays.", Side.HOME, aunt),
    ):
        step = Agreed(words, side, today + timedelta(days=7), guardian=guardian)
        work.agree(talk=talk, step=step, by=home.mrs_c)
    return talk


def held(home: Family, talk: Talk) -> None:
    work.agree_time(talk=talk, at=clock.now(), place="The library", by=home.mrs_c)
    work.hold(
        talk=talk,
        way=Way.NEUTRAL_PLACE,
        guardian=home.alician,
        owner=home.mrs_c,
        follow_up=clock.today(talk.district.timezone) + timedelta(days=14),
        by=home.mrs_c,
    )


def taken(guardian: Guardian) -> list[dict[str, object]]:
    file = json.loads(open_pages(guardian).get("/home/take.json").content)
    found: list[dict[str, object]] = file["talks"]
    assert not [words for words in ALONE[:3] if words in json.dumps(file)]
    return found


def test_she_takes_along_what_was_agreed_and_nothing_that_was_prepared_or_said_by_another(
    home: Family, aunt: Guardian
) -> None:
    talk = prepared(home, aunt)
    held(home, talk)
    today = clock.today(talk.district.timezone)
    week = (today + timedelta(days=7)).isoformat()
    assert taken(home.alician) == [
        {
            "child": "Troy",
            "at": clock.now().astimezone(talk.district.zone).isoformat(),
            "held": True,
            "way": "other_place",
            "place": "The library",
            "aim": "Calm mornings",
            "steps": [
                {"side": "school", "words": "A desk at the window.", "by": week, "done": False},
                {"side": "home", "words": "Bed at nine.", "by": week, "done": False},
            ],
            "follow_up": (today + timedelta(days=14)).isoformat(),
        }
    ]
    assert open_pages(home.alician).get("/home/take.pdf?lang=ar").content.startswith(b"%PDF")


def test_before_it_was_held_the_aim_is_a_draft_of_the_school(home: Family, aunt: Guardian) -> None:
    prepared(home, aunt)
    (one,) = taken(home.alician)
    assert (one["held"], one["aim"], one["follow_up"]) == (False, "", None)


def test_another_adult_of_the_home_who_was_no_part_of_it_has_nothing_of_it(
    home: Family, aunt: Guardian
) -> None:
    talk = prepared(home, aunt)
    talk.steps.filter(guardian=aunt).delete()
    held(home, talk)
    assert taken(aunt) == []


def test_who_was_invited_has_the_day_and_the_place_and_no_more(
    home: Family, aunt: Guardian
) -> None:
    talk = prepared(home, aunt)
    talk.steps.filter(guardian=aunt).delete()
    soon = clock.now() + timedelta(days=3)
    work.invite(
        talk=talk,
        offers=[(soon, "The school"), (soon + timedelta(hours=3), "The library")],
        by=home.mrs_c,
    )
    assert taken(aunt) == []
    work.agree_time(talk=talk, at=soon, place="The school", by=home.mrs_c)
    (one,) = taken(aunt)
    assert (one["place"], one["aim"], one["steps"]) == ("The school", "", [])


def test_an_order_of_today_takes_it_from_the_file(home: Family, aunt: Guardian) -> None:
    held(home, prepared(home, aunt))
    link = home.troy.links.get(guardian=home.alician)
    link.restrictions.create(
        district=home.world.district, kind=RestrictionKind.RECORDS.value, source="Court"
    )
    assert taken(home.alician) == []
