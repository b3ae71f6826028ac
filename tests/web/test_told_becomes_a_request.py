"""What a family told in the welcome talk becomes a request in the kept words, and only what all may read."""

import pytest

from bothways.feedback.models import Item
from bothways.people.enums import WordClass
from bothways.people.models import Household
from bothways.welcome import services
from bothways.welcome.enums import How
from people import Cast
from web.visiting import Visit

WORDS = "Letters that one can read."


def told(cast: Cast, word_class: WordClass = WordClass.FAMILY) -> int:
    talk = services.begin(
        household=cast.emilys_home,
        guardian=cast.emilys_mother,
        how=How.CALL,
        language="en",
        by=cast.counselor,
    )
    row = services.answer(
        talk=talk,
        question="help",
        student=None,
        words=WORDS,
        how=How.CALL,
        by=cast.counselor,
        language="en",
        word_class=word_class,
    )
    assert row is not None
    return row.pk


def tap(visit: Visit, cast: Cast, ref: object, home: Household | None = None) -> int:
    return (
        visit(cast.mrs_c)
        .post(
            "/feedback/make/",
            {
                "household": (home or cast.emilys_home).pk,
                "source": "welcome",
                "source_ref": str(ref),
                "kind": "request",
                "words": "Something else",
            },
        )
        .status_code
    )


def test_the_words_come_from_where_they_are_kept(visit: Visit, everybody: Cast) -> None:
    assert tap(visit, everybody, told(everybody)) == 302
    item = Item.objects.get()
    assert (item.words, item.guardian) == (WORDS, everybody.emilys_mother)


@pytest.mark.parametrize("word_class", [WordClass.SPEAKER_ONLY, WordClass.PROTECTED])
def test_words_for_fewer_are_no_request(
    visit: Visit, everybody: Cast, word_class: WordClass
) -> None:
    assert tap(visit, everybody, told(everybody, word_class)) == 404
    assert not Item.objects.exists()


def test_another_homes_words_are_not_there(visit: Visit, everybody: Cast) -> None:
    assert tap(visit, everybody, told(everybody), everybody.troys_home) == 404


@pytest.mark.parametrize("ref", ["", "0", "-1", "x\x00", "9" * 40])
def test_a_number_that_is_none_is_not_there(visit: Visit, everybody: Cast, ref: str) -> None:
    assert tap(visit, everybody, ref) == 404
