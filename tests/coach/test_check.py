"""What the coach says of whole messages, and of the worst texts we could think of."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.coach import Kind, Rule, check
from bothways.coach.book import LANGUAGES, book

GOOD_CONCERN = (
    "Hello Ms. Rivera, Troy had great ideas in our talk about rivers. This week three of his five homework "
    "sheets did not come in. What do you see when he sits down to it at home? I will sit with him on Thursday "
    "and call you on Friday."
)
HARSH = (
    "Troy is lazy and never does his homework. You need to make sure that he studies. "
    "If this does not stop he will be suspended."
)


def rules(text: str, lang: str = "en", kind: str | None = None) -> set[str]:
    return {one.rule.value for one in check(text, lang=lang, kind=kind).findings}


def test_a_concern_with_the_six_moves_gets_no_advice() -> None:
    advice = check(GOOD_CONCERN, lang="en")
    assert (advice.kind, advice.findings) == (Kind.CONCERN, ())


def test_a_harsh_message_hears_of_each_thing_once_a_place() -> None:
    assert rules(HARSH) >= {
        "label", "absolute", "demand", "threat", "only_bad", "no_invitation", "no_example",
    }  # fmt: skip


def test_places_are_code_points_of_the_original() -> None:
    text = "👋🏽 Ｈola, señora:\n\n  Él es un FLOJO…"
    found = [one for one in check(text, lang="es").findings if one.rule is Rule.LABEL]
    assert ["FLOJO" in text[one.start : one.end] for one in found] == [True]


def test_what_is_missing_has_no_place() -> None:
    missing = [one for one in check(HARSH, lang="en").findings if one.rule is Rule.ONLY_BAD]
    assert [(one.start, one.end) for one in missing] == [(None, None)]


def test_only_a_concern_is_asked_for_good_words_and_a_question() -> None:
    text = "Ana is doing so well."
    assert rules(text, kind="good") == set()
    assert {"no_invitation", "no_next_step"} <= rules(text, kind="concern")


def test_a_question_that_is_none_invites_nobody() -> None:
    assert "no_invitation" in rules("Troy has failed math. Do you even care?", kind="concern")
    assert "no_invitation" not in rules("Troy has failed math. What do you see?", kind="concern")


def test_the_words_of_a_child_in_quotation_marks_are_not_the_writers() -> None:
    assert "absolute" not in rules("He told me, “I never get it right.” What could help him?")


def test_an_order_keeps_the_writers_facts_as_a_request() -> None:
    found = check("You must sign the log by May 3.", lang="en").findings
    assert [
        one.suggestion.startswith("Could you please sign the log by May 3?") for one in found
    ] == [True]


def test_an_order_that_begins_a_sentence_stands_small_inside_the_request() -> None:
    (found,) = check("Sign the log by May 3.", lang="en", kind="logistics").findings
    assert found.suggestion.startswith("Could you please sign the log by May 3?")


def test_what_the_words_alone_show_marks_the_part_that_hurts_and_leaves_the_facts() -> None:
    text = (
        "At 9:10 on Tuesday he threw a pencil, and maybe if somebody bothered to look in the "
        "backpack, the forms would come in."
    )
    found = [one for one in check(text, lang="en").findings if one.rule is Rule.BLAME]
    assert found
    assert all("9:10" not in text[one.start : one.end] for one in found)


def test_a_school_word_is_fine_once_it_is_explained() -> None:
    assert "jargon" in rules("The MTSS team will meet.")
    assert "jargon" not in rules("The MTSS team (the teachers who plan extra help) will meet.")


def test_a_sentence_of_more_than_thirty_words_is_hard_to_read() -> None:
    assert "hard_to_read" in rules("We " + "walk and " * 15 + "sing.")
    assert "hard_to_read" not in rules("We " + "walk and " * 13 + "sing.")


@pytest.mark.parametrize("lang", ["ar", "vi", "zh-Hant", "", "nonsense", "pt"])
def test_of_a_language_it_does_not_know_it_says_only_what_holds_in_all(lang: str) -> None:
    assert rules("You are lazy and you never read. " + "word " * 40 + ".", lang=lang) <= {
        "hard_to_read"
    }


def test_words_in_another_language_than_declared_are_judged_by_none_or_the_right_rules() -> None:
    vietnamese = (
        "Chào chị, hôm nay cháu học rất tốt và đã giúp bạn bè trong lớp, cảm ơn gia đình nhiều."
    )
    assert rules(vietnamese, lang="en") == set()
    spanish = "Su hijo es un flojo y nunca hace la tarea porque en su casa nadie lo revisa."
    assert {"label", "absolute", "blame"} <= rules(spanish, lang="en")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "👍",
        "https://school.example/a?b=c",
        "...",
        "?",
        "\n\n\n",
        "İ" * 50,
        "((((" * 99,
    ],
)
def test_hardly_any_words_get_no_advice(text: str) -> None:
    assert {one.rule for one in check(text, lang="en", kind="logistics").findings} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "you ",
        "if you ",
        "very very ",
        "no ",
        "nunca ",
        "because ",
        ", ",
        "(",
        '"',
        "he is so ",
        "si no ",
        "a",
        ".",
    ],
)
def test_ten_thousand_characters_of_the_worst_are_read_in_time(lang: str, piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    started = time.process_time()
    check(text, lang=lang)
    assert time.process_time() - started < 5


def test_half_a_character_is_no_reason_to_fail() -> None:
    found = {one.rule.value for one in check("\ud800 He is lazy.", lang="en").findings}
    assert "label" in found


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=400), lang=st.sampled_from(["en", "es", "so"]))
def test_whatever_is_written_the_places_lie_in_the_text(text: str, lang: str) -> None:
    for one in check(text, lang=lang).findings:
        assert (one.start is None) == (one.end is None)
        if one.start is not None and one.end is not None:
            assert 0 <= one.start < one.end <= len(text)
        assert one.reason


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_is_explained_with_examples_and_the_good_one_is_free_of_it(lang: str) -> None:
    for rule, entry in book(lang).entries.items():
        assert {"title", "move", "bad", "good"} <= entry.texts.keys()
        if rule not in (Rule.NO_EXAMPLE, Rule.NO_INVITATION, Rule.ONLY_BAD, Rule.NO_NEXT_STEP):
            assert rule.value not in rules(entry.texts["good"], lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_at_least_150_school_words_are_known(lang: str) -> None:
    assert len(book(lang).jargon) >= 150
