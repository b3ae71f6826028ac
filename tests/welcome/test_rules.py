"""Decisions of a welcome conversation, without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bothways.people.enums import WordClass
from bothways.welcome.enums import Asked, Band
from bothways.welcome.questions import questions
from bothways.welcome.rules import (
    CHOICES,
    ONE_SITTING,
    asked_of,
    band_of,
    is_correction,
    may_read,
    others_may_read,
)

NOW = datetime(2026, 9, 14, tzinfo=UTC)
talks = st.lists(
    st.tuples(st.sampled_from([None, NOW]), st.sampled_from([None, NOW]), st.booleans())
)


@given(st.text(max_size=40))
def test_any_grade_has_a_band(grade: str) -> None:
    assert band_of(grade) in Band


@given(talks, talks, st.booleans())
def test_another_talk_never_sets_a_family_back(
    some: list[tuple[datetime | None, datetime | None, bool]],
    more: list[tuple[datetime | None, datetime | None, bool]],
    invited: bool,
) -> None:
    order = [Asked.NOT_YET, Asked.INVITED, Asked.PREFERRED_NOT, Asked.HALF, Asked.HELD]
    before = asked_of(some, invited=invited)
    assert order.index(asked_of([*some, *more], invited=invited)) >= order.index(before)


def test_half_a_talk_is_half_and_none_is_not_yet() -> None:
    assert asked_of([(None, None, True)], invited=False) is Asked.HALF
    assert asked_of([(NOW, None, False)], invited=False) is Asked.NOT_YET
    assert asked_of([(None, NOW, False)], invited=True) is Asked.PREFERRED_NOT
    assert asked_of([(NOW, None, True), (None, NOW, False)], invited=False) is Asked.HELD


@given(st.sampled_from(list(WordClass)), st.booleans(), st.booleans())
def test_who_may_not_read_staff_words_at_home_is_never_more_than_staff(
    word_class: WordClass, protected: bool, wrote: bool
) -> None:
    # What others at home may read, all staff who serve the child may read too.
    if others_may_read(word_class.value):
        assert may_read(word_class.value, protected=protected, wrote_it=wrote)
    if word_class is WordClass.PROTECTED and not protected and not wrote:
        assert not may_read(word_class.value, protected=protected, wrote_it=wrote)


def test_typing_on_is_no_correction_and_coming_back_is() -> None:
    soon, later = timedelta(minutes=1), ONE_SITTING + timedelta(minutes=1)
    common = {"before": "He hopes", "after": "He hopes to read"}
    assert not is_correction(**common, same_person=True, ended=False, since=soon)
    assert is_correction(**common, same_person=True, ended=False, since=later)
    assert is_correction(**common, same_person=False, ended=False, since=soon)
    assert is_correction(**common, same_person=True, ended=True, since=soon)
    assert not is_correction(before="", after="x", same_person=False, ended=True, since=later)


def test_each_question_offers_readers_whom_a_family_may_choose() -> None:
    assert [q.code for q in questions().values() if q.readers not in CHOICES] == []
