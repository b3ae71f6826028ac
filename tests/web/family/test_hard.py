"""What makes it hard to take part, told by the family itself."""

import json
import re

import pytest
from django.test import Client

from bothways.barriers.enums import Source
from bothways.barriers.models import FamilyBarrier, Telling
from bothways.barriers.services import note
from bothways.consent.queries import hushed
from bothways.languages.codes import LANGUAGES
from bothways.messaging.models import Entry
from bothways.people.enums import WordClass
from bothways.web.family import inside, taking
from messaging.world import MONDAY_MORNING, World
from web.family.homes import Family, family, open_pages
from web.family.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    inside.sending.forget()
    taking.taking.forget()


@pytest.fixture
def home(world: World, at: object) -> Family:
    return family(world)


@pytest.fixture
def hers(home: Family) -> Client:
    return open_pages(home.alician)


def fields(html: str) -> dict[str, str]:
    """The form's proof and key."""
    names = ("csrfmiddlewaretoken", "form_key")
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', html)[1]  # type: ignore[index]
        for name in names
    }


def tick(hers: Client, *lines: str, before: tuple[str, ...] = (), words: str = "") -> str:
    form = fields(hers.get("/home/hard").content.decode())
    sent = {**form, "line": list(lines), "before": list(before), "words": words}
    answer = hers.post("/home/hard", sent)
    assert answer.status_code == 303, answer.content.decode()
    return str(answer.headers["Location"])


def open_codes() -> set[str]:
    return set(FamilyBarrier.objects.filter(ended_at=None).values_list("code", flat=True))


def test_i_work_at_night_holds_at_once(home: Family, hers: Client) -> None:
    tick(hers, "nights", "transport")
    assert open_codes() == {"nights", "transport"}
    assert set(hushed(home.world.district, MONDAY_MORNING).loud) == {home.alician.household_id}
    assert set(Telling.objects.values_list("guardian", "source", "word_class")) == {
        (home.alician.pk, "page", "speaker_only")
    }
    page = hers.get("/home/hard").content.decode()
    assert page.count(" checked>") == 2


def test_what_is_so_no_more_is_taken_back_and_sent_twice_is_one(hers: Client) -> None:
    tick(hers, "nights", "transport")
    tick(hers, "nights", before=("nights", "transport"))
    tick(hers, "nights", before=("nights", "transport"))
    assert open_codes() == {"nights"}
    assert FamilyBarrier.objects.count() == 2


def test_what_staff_noted_since_the_page_was_opened_is_not_taken_back_unseen(
    home: Family, hers: Client
) -> None:
    assert home.alician.household is not None
    note(
        household=home.alician.household, barrier="money", by=home.mrs_c, source=Source.CONVERSATION
    )
    tick(hers, "nights", before=())
    assert open_codes() == {"money", "nights"}


def test_lines_of_nobodys_list_are_left_out(hers: Client) -> None:
    tick(hers, "lazy", "\x00", "x" * 5000, "staff_time")
    assert open_codes() == set()


def test_what_would_help_goes_to_a_person(hers: Client) -> None:
    assert "/home/thanks/" in tick(hers, "transport", words="A ride on Thursdays\x00")
    assert Entry.objects.get().body == "A ride on Thursdays"
    assert open_codes() == {"transport"}


def test_far_too_many_words_are_kept_in_the_box(hers: Client) -> None:
    form = fields(hers.get("/home/hard").content.decode())
    answer = hers.post("/home/hard", {**form, "line": ["nights"], "words": "x" * 50_000})
    assert answer.status_code == 422
    assert open_codes() == set()


def test_the_other_adult_sees_only_what_is_theirs_to_see(home: Family, hers: Client) -> None:
    household = home.alician.household
    assert household is not None
    aunt = home.world.guardian("Rose", mobile="+13125550144")
    aunt.household = household
    aunt.save()
    home.troy.links.create(district=home.world.district, guardian=aunt)
    tick(hers, "safety")
    note(
        household=household,
        barrier="past_hurt",
        by=home.mrs_c,
        source=Source.VISIT,
        words="He shouted at her.",
        word_class=WordClass.PROTECTED,
    )
    note(household=household, barrier="money", by=home.mrs_c, source=Source.VISIT, words="Trips.")
    hers_too = open_pages(aunt)
    page = hers_too.get("/home/hard").content.decode()
    assert page.count(" checked>") == 1
    taken = json.loads(hers_too.get("/home/take.json").content)
    assert [(one["code"], one["words"]) for one in taken["in_the_way"]] == [("money", "Trips.")]
    own = json.loads(hers.get("/home/take.json").content)
    assert {one["code"] for one in own["in_the_way"]} == {"safety", "money"}
    assert "shouted" not in json.dumps(own)
    assert hers.get("/home/take.pdf").content.startswith(b"%PDF")


@pytest.mark.parametrize("tag", ["ar", "am", "zh-Hans", "ps"])
def test_each_line_is_in_the_readers_language(hers: Client, tag: str) -> None:
    assert tag in LANGUAGES
    english = text_of(hers.get("/home/hard?lang=en").content.decode())
    read = text_of(hers.get(f"/home/hard?lang={tag}").content.decode())
    assert "I work at night and sleep by day" in english
    assert "I work at night" not in read
