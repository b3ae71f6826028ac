"""The digest's hour, its week and its words, as pure rules."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.channels.enums import Channel
from bothways.messaging.digest import (
    APART,
    BEGINNING,
    SHORT,
    Part,
    next_digest,
    together,
    waits,
    week_begins,
)
from bothways.messaging.enums import MessageKind, Purpose

CHICAGO = ZoneInfo("America/Chicago")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@settings(max_examples=2000, deadline=None)
@given(after=MOMENTS, weekday=st.integers(0, 6), at=TIMES)
def test_the_next_digest_is_within_a_week_and_on_its_day(
    after: datetime, weekday: int, at: time
) -> None:
    found = next_digest(after, CHICAGO, weekday, at)
    assert after < found <= after + timedelta(days=7, hours=1)
    wall = found.astimezone(CHICAGO)
    assert wall.weekday() == weekday
    # An hour that the clock skips is the one that follows.
    assert wall.time() == at or (wall.hour, at.hour) == (3, 2)


@settings(max_examples=1000, deadline=None)
@given(at=MOMENTS)
def test_last_weeks_digest_uses_nothing_of_this_week_up(at: datetime) -> None:
    begins = week_begins(at, CHICAGO)
    assert begins <= at - APART
    this = next_digest(at, CHICAGO, 3, time(16))
    before = next_digest(this - timedelta(days=8), CHICAGO, 3, time(16))
    assert before < week_begins(this, CHICAGO)


def test_only_routine_news_waits_and_never_the_first_word() -> None:
    waiting = {
        (kind, purpose, first)
        for kind in MessageKind
        for purpose in Purpose
        for first in (True, False)
        if waits(kind=kind, purpose=purpose, first_word=first)
    }
    assert waiting == {(MessageKind.NEWS, Purpose.ROUTINE, False)}


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=400)
PARTS = st.lists(st.builds(Part, st.just(""), WORDS, st.just("Lincoln")), min_size=2, max_size=8)


@settings(max_examples=500, deadline=None)
@given(parts=PARTS)
def test_a_text_of_a_digest_stays_short_whatever_was_written(parts: list[Part]) -> None:
    body, whole = together(parts, Channel.TEXT)
    assert len(body.split("\n")) >= len(parts)
    longest = SHORT if whole else BEGINNING * len(parts)
    assert len(body) <= longest + 4 * len(parts)


@settings(max_examples=300, deadline=None)
@given(parts=PARTS)
def test_an_email_of_a_digest_says_it_all(parts: list[Part]) -> None:
    body, whole = together(parts, Channel.EMAIL)
    assert whole
    assert all(part.body in body for part in parts)
