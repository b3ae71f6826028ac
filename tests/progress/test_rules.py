"""Who is asked, what is missing, how it goes: for all that may come."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.progress.enums import Ask, Day, Standing, Work
from bothways.progress.rules import (
    Absence,
    Asking,
    Piece,
    all_handed_in,
    ask,
    days_told,
    missing,
    standing,
    typical,
    until_in,
    week,
)

CHICAGO = ZoneInfo("America/Chicago")
TODAY = date(2026, 9, 14)
AT_TEN = datetime(2026, 9, 14, 10, tzinfo=CHICAGO)
COUNTED = frozenset({Day.UNEXCUSED, Day.UNKNOWN})
ASKING = Asking(True, COUNTED, time(9, 30))

absences = st.builds(
    Absence,
    day=st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)),
    kind=st.sampled_from(Day),
    excused=st.booleans(),
    asked=st.booleans(),
    hearers=st.integers(0, 3),
)
askings = st.builds(
    Asking, on=st.booleans(), counted=st.frozensets(st.sampled_from(Day)), at=st.times()
)


@settings(max_examples=2000)
@given(absences, askings, st.times(), st.booleans())
def test_nobody_is_asked_twice_nor_for_excused_days_nor_without_standing(
    absence: Absence, asking: Asking, at: time, school: bool
) -> None:
    now = datetime.combine(TODAY, at, CHICAGO)
    if ask(absence, asking=asking, now=now, school=school) is Ask.ASK:
        assert not absence.asked
        assert not absence.excused
        assert absence.kind not in (Day.EXCUSED, Day.PRESENT, Day.ACTIVITY, Day.OTHER)
        assert absence.kind in asking.counted
        assert absence.hearers > 0
        assert absence.day == TODAY
        assert asking.on
        assert school
        assert asking.at <= at < time(18)


@given(st.lists(absences, max_size=12), st.lists(st.times(), min_size=1, max_size=12))
def test_however_many_files_come_a_day_is_asked_about_once(
    files: list[Absence], looks: list[time]
) -> None:
    asked: set[date] = set()
    times = 0
    for row, at in zip(files, looks * 12, strict=False):
        seen = Absence(row.day, row.kind, row.excused, row.day in asked, row.hearers)
        now = datetime.combine(TODAY, at, CHICAGO)
        if ask(seen, asking=ASKING, now=now, school=True) is Ask.ASK:
            asked.add(row.day)
            times += 1
    assert times <= 1


@pytest.mark.parametrize(
    ("absence", "school", "verdict"),
    [
        (Absence(TODAY, Day.UNEXCUSED), True, Ask.ASK),
        (Absence(TODAY, Day.UNKNOWN), True, Ask.ASK),
        (Absence(TODAY, Day.TARDY), True, Ask.NOT_COUNTED),
        (Absence(TODAY - timedelta(days=30), Day.UNEXCUSED), True, Ask.NOT_TODAY),
        (Absence(TODAY, Day.UNEXCUSED), False, Ask.NO_SCHOOL),
        (Absence(TODAY, Day.UNEXCUSED, hearers=0), True, Ask.NOBODY),
        (Absence(TODAY, Day.UNEXCUSED, excused=True), True, Ask.EXCUSED),
    ],
)
def test_why_a_family_is_asked_or_not(absence: Absence, school: bool, verdict: Ask) -> None:
    assert ask(absence, asking=ASKING, now=AT_TEN, school=school) is verdict


def piece(
    work: Work, days_ago: int | None = 2, share: str | None = None, course: str = "Math"
) -> Piece:
    due = None if days_ago is None else TODAY - timedelta(days=days_ago)
    return Piece(course, f"{work} {days_ago}", due, work, Decimal(share) if share else None)


def test_work_that_is_not_due_or_long_past_is_not_missing() -> None:
    pieces = [piece(Work.MISSING, days) for days in (-3, 0, 1, 28, 29)] + [
        piece(Work.MISSING, None)
    ]
    assert [p.title for p in missing(pieces, TODAY)] == [
        "missing 1",
        "missing 28",
        "missing None",
    ]


@pytest.mark.parametrize(
    ("pieces", "how"),
    [
        ([], Standing.UNKNOWN),
        ([piece(Work.OPEN)], Standing.UNKNOWN),
        ([piece(Work.EXEMPT)], Standing.UNKNOWN),
        ([piece(Work.DONE)], Standing.GOING_WELL),
        ([piece(Work.DONE), piece(Work.MISSING)], Standing.SOME_MISSING),
        ([piece(Work.MISSING)] * 3, Standing.NEEDS_TALK),
        ([piece(Work.DONE, share="0.4")] * 3, Standing.NEEDS_TALK),
        ([piece(Work.DONE, share="0.4")] * 2, Standing.GOING_WELL),
    ],
)
def test_how_it_goes_in_words(pieces: list[Piece], how: Standing) -> None:
    assert standing(pieces, TODAY) is how


def test_a_long_list_is_cut_and_says_so() -> None:
    found = week([piece(Work.MISSING, n) for n in range(1, 13)], TODAY)
    assert (len(found.missing), found.more, found.missing[0].title) == (8, 4, "missing 1")


def test_all_handed_in_wants_something_of_this_week_and_nothing_older_missing() -> None:
    done, old = piece(Work.DONE), piece(Work.MISSING, 20)
    assert [all_handed_in(p, TODAY) for p in ([done], [done, old], [], [piece(Work.DONE, 9)])] == [
        True,
        False,
        False,
        False,
    ]


def test_the_usual_number_is_not_told_of_small_groups_nor_where_it_would_excuse() -> None:
    assert typical([0] * 9) is None
    assert typical([0, 0, 1, 1, 2, 2, 3, 3, 9, 20]) == 2
    assert days_told(5, 2, 3) == (True, 2)
    assert days_told(5, 8, 3) == (True, None)
    assert days_told(2, 1, 3) == (False, 1)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("He is ill until Thursday", date(2026, 9, 17)),
        ("Está enfermo hasta el jueves", date(2026, 9, 17)),
        ("هو مريض حتى الخميس", date(2026, 9, 17)),
        ("他病到星期四", date(2026, 9, 17)),
        ("ele está doente até quinta", date(2026, 9, 17)),
        ("back on 9/16", date(2026, 9, 16)),
        ("He has a fever", None),
        ("call me at 12 30", None),
        ("", None),
    ],
)
def test_the_day_that_a_family_names_is_offered(words: str, day: date | None) -> None:
    from bothways.web.staff.progress_board import weekdays

    assert until_in(words, TODAY, weekdays()) == day


@given(st.text(max_size=60))
def test_no_words_break_it_and_the_day_is_near(words: str) -> None:
    from bothways.web.staff.progress_board import weekdays

    found = until_in(words, TODAY, weekdays())
    assert found is None or timedelta(0) <= found - TODAY <= timedelta(days=14)
