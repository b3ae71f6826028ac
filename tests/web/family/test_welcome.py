"""The welcome conversation on a family's own pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.accounts.models import Duty
from bothways.languages.codes import LANGUAGES
from bothways.languages.phrases import phrase
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import Alert
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from bothways.welcome.models import Answer, Sound, Talk
from messaging.world import World
from web.family.homes import Family, family, open_pages
from web.family.reading import text_of


@pytest.fixture
def home(world: World) -> Family:
    return family(world)


def say(phone: Client, **form: object) -> str:
    """Post one form of the page; where it leads, or the page that says what is wrong."""
    page = phone.get("/home/welcome")
    import re

    html = page.content.decode()
    proof = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', html)
    key = re.search(r'name="form_key" value="([^"]*)"', html)
    assert proof is not None
    assert key is not None
    answer = phone.post(
        "/home/welcome", {"csrfmiddlewaretoken": proof[1], "form_key": key[1], **form}
    )
    return answer.headers.get("Location", answer.content.decode())


def test_a_mother_tells_in_her_words_and_chooses_who_reads(home: Family) -> None:
    phone = open_pages(home.alician)
    led = say(phone, q="story_0", words="Nobody asked me.", readers="speaker_only")
    assert led.startswith("/home/welcome?")
    row = Answer.objects.get()
    assert (row.words, row.word_class, row.by, row.language) == (
        "Nobody asked me.",
        "speaker_only",
        None,
        "en",
    )
    assert [e.level for e in ContactEvent.objects.all()] == [Level.ANSWERED]
    assert "Nobody asked me." in text_of(phone.get("/home/welcome").content.decode())
    assert "Nobody asked me." in phone.get("/home/take.json").content.decode()


def test_she_corrects_skips_and_takes_back(home: Family) -> None:
    phone = open_pages(home.alician)
    say(phone, q="help_0", words="A ride")
    say(phone, q="help_0", words="A ride on Tuesdays")
    say(phone, q="hard_0", do="skip")
    assert {a.question: (a.words, a.declined) for a in Answer.objects.all()} == {
        "help": ("A ride on Tuesdays", False),
        "hard": ("", True),
    }
    say(phone, do="back", answer=Answer.objects.get(question="help").pk)
    assert "A ride" not in text_of(phone.get("/home/welcome").content.decode())


def test_she_says_it_with_her_voice(home: Family) -> None:
    phone = open_pages(home.alician)
    say(phone, q="help_0", voice=SimpleUploadedFile("x.ogg", b"OggS\x00voice", "audio/ogg"))
    row = Answer.objects.get()
    heard = phone.get(f"/home/welcome/sound/{row.pk}")
    assert (heard.content, heard.headers["Content-Type"]) == (b"OggS\x00voice", "audio/ogg")
    wrong = say(phone, q="story_0", voice=SimpleUploadedFile("x.ogg", b"<html>", "audio/ogg"))
    assert phrase("en", "welcome_voice_wrong") in wrong
    assert Sound.objects.count() == 1


def test_nobody_else_hears_or_takes_back_what_she_said(home: Family, world: World) -> None:
    phone = open_pages(home.alician)
    say(phone, q="help_0", voice=SimpleUploadedFile("x.ogg", b"OggS\x00voice", "audio/ogg"))
    row = Answer.objects.get()
    father = world.guardian("Marcus", mobile="+13125550199", reads="en")
    world.home(home.troy, guardians=[father])  # a home of his own
    his = open_pages(father)
    assert his.get(f"/home/welcome/sound/{row.pk}").status_code == 404
    say(his, do="back", answer=row.pk)
    row.refresh_from_db()
    assert row.withdrawn_at is None


def test_the_other_home_and_a_barred_parent_read_nothing(home: Family, world: World) -> None:
    say(open_pages(home.alician), q="help_0", words="Keep him away", readers="family")
    father = world.guardian("Marcus", mobile="+13125550199", reads="en")
    world.home(home.troy, guardians=[father])
    his = open_pages(father)
    assert "Keep him away" not in text_of(his.get("/home/welcome").content.decode())
    assert "Keep him away" not in his.get("/home/take.json").content.decode()
    world.bar(home.troy, father)
    assert his.get("/home/welcome").status_code == 404
    assert Talk.objects.count() == 1


def test_words_of_danger_lead_to_help_and_are_not_shown_again(home: Family) -> None:
    Duty.objects.create(district=home.world.district, user=home.mrs_c)
    phone = open_pages(home.alician)
    led = say(phone, q="hard_0", words="My husband hits me and Troy", readers="family")
    assert led.startswith("/home/thanks/")
    assert "911" in phone.get(led).content.decode()
    assert Alert.objects.get().user == home.mrs_c
    page = text_of(phone.get("/home/welcome").content.decode())
    assert ("hits me" in page, phrase("en", "welcome_kept_safe") in page) == (False, True)


def test_she_would_rather_not(home: Family) -> None:
    phone = open_pages(home.alician)
    say(phone, do="not")
    assert Talk.objects.get().declined_at is not None
    say(phone, q="help_0", words="On second thoughts: a ride")
    assert Talk.objects.get().declined_at is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"q": "nonsense_0", "words": "x"},
        {"q": "hopes_999999", "words": "x"},
        {"do": "back", "answer": "9" * 30},
        {"do": "back", "answer": "x"},
        {"q": "help_0", "words": "x" * 12_000},
    ],
)
def test_a_form_that_cannot_be_taken_changes_nothing(home: Family, form: dict[str, str]) -> None:
    say(open_pages(home.alician), **form)
    assert Answer.objects.count() == 0


def test_an_empty_box_goes_on_and_writes_nothing_down(home: Family) -> None:
    led = say(open_pages(home.alician), q="story_0", words="  ")
    assert "q=good_at_" in led
    assert Answer.objects.count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_her_language(home: Family, language: str) -> None:
    Guardian.objects.filter(pk=home.alician.pk).update(reads=language)
    page = open_pages(home.alician).get("/home/welcome").content.decode()
    assert phrase(language, "welcome_story") in page


def test_ten_answers_cost_as_many_queries_as_one(home: Family) -> None:
    phone = open_pages(home.alician)
    say(phone, q="story_0", words="One")
    with CaptureQueriesContext(connection) as one:
        phone.get("/home/welcome?end=1")
    talk = Talk.objects.get()
    for code in ("carers", "hard", "help", "reach"):
        Answer.objects.create(
            district=talk.district,
            talk=talk,
            question=code,
            words="More",
            word_class=WordClass.FAMILY.value,
            at=talk.began_at,
            how="page",
        )
    with CaptureQueriesContext(connection) as many:
        phone.get("/home/welcome?end=1")
    assert len(many) == len(one)
