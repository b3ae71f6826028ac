"""What was prepared says the same as the tables themselves, whatever happened and in whatever order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bothways.ledger.enums import REACHED, TWO_WAY, Level
from bothways.people.models import Student
from bothways.reach import notes
from bothways.reach.board import Board, Unreached, Wanted, figures
from bothways.reach.enums import Reason
from bothways.reach.facts import refresh
from bothways.reach.mirror import LISTED
from bothways.reach.queries import FamilyRow, report
from reach.districts import EVENTS, Drawn
from reach.oracle import live_rows

NOW = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)


def check(drawn: Drawn) -> None:
    since = drawn.now - timedelta(days=7)
    expected = live_rows(drawn.district, since=since, now=drawn.now)
    everybody = Student.objects.filter(district=drawn.district)
    found = report(drawn.district, students=everybody, since=since, now=drawn.now)
    assert found.rows == expected
    _board_says_so(drawn, expected, since)


def _board_says_so(drawn: Drawn, rows: tuple[FamilyRow, ...], since: datetime) -> None:
    """Each figure and each page, with and without filters."""
    for school in (None, drawn.schools[0].pk):
        for language in (None, "es", ""):
            kept = [
                row
                for row in rows
                if school in (None, *row.school_ids) and language in (None, row.language)
            ]
            wanted = Wanted(drawn.district, since, drawn.now, None, school, language)
            board = figures(wanted)
            _same_figures(board, rows, kept)
            waiting = [row for row in kept if row.reason]
            waiting.sort(key=lambda row: (LISTED.index(row.reason), row.household_id))  # type: ignore[arg-type]
            listed = Unreached(wanted, board)
            assert len(listed) == len(waiting)
            for size in (4, 100):
                pages = [listed[n : n + size] for n in range(0, len(waiting), size)]
                assert [row for page in pages for row in page] == waiting
    for reason in Reason:
        wanted = Wanted(drawn.district, since, drawn.now, reason=reason)
        listed = Unreached(wanted, figures(wanted))
        assert listed[: len(rows)] == [row for row in rows if row.reason is reason]
        assert len(listed) == len(listed[: len(rows)])


def _same_figures(board: Board, rows: tuple[FamilyRow, ...], kept: list[FamilyRow]) -> None:
    assert (board.known, board.families) == (len(rows), len(kept))
    assert board.nothing_sent == all(row.level is Level.NONE for row in rows)
    assert {level: board.levels[level] for level in Level} == {
        level: sum(row.level is level for row in kept) for level in Level
    }
    assert {reason: board.reasons[reason] for reason in Reason} == {
        reason: sum(row.reason is reason for row in kept) for reason in Reason
    }
    assert {key: (s.families, s.reached, s.two_way) for key, s in board.by_school.items()} == {
        key: _share([row for row in kept if key in row.school_ids])
        for key in {pk for row in rows for pk in row.school_ids}
    }
    assert {key: (s.families, s.reached, s.two_way) for key, s in board.by_language.items()} == {
        key: _share([row for row in kept if key == row.language])
        for key in {row.language for row in rows}
    }


def _share(rows: list[FamilyRow]) -> tuple[int, int, int]:
    return (
        len(rows),
        sum(row.level >= REACHED for row in rows),
        sum(row.level >= TWO_WAY for row in rows),
    )


@pytest.mark.parametrize("seed", range(3))
def test_facts_follow_whatever_happens(db: None, seed: int) -> None:
    drawn = Drawn(seed, 24, NOW)
    check(drawn)
    for _ in range(6):
        for _ in range(drawn.draw.randint(1, 6)):
            drawn.happen()
        check(drawn)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_no_single_event_is_missed(db: None, event: object) -> None:
    """One kind of event at a time: another one's note cannot cover for a trigger that is not there."""
    drawn = Drawn(99, 16, NOW)
    everybody = Student.objects.filter(district=drawn.district)
    refresh(drawn.district, drawn.now)
    for _ in range(14):
        event(drawn)  # type: ignore[operator]
        since = drawn.now - timedelta(days=7)
        expected = live_rows(drawn.district, since=since, now=drawn.now)
        found = report(drawn.district, students=everybody, since=since, now=drawn.now)
        assert found.rows == expected


def test_who_serves_some_children_sees_their_families_only(db: None) -> None:
    drawn = Drawn(5, 40, NOW)
    since = NOW - timedelta(days=7)
    mine = Student.objects.filter(school=drawn.schools[1])
    expected = live_rows(drawn.district, students=mine, since=since, now=NOW)
    wanted = Wanted(drawn.district, since, NOW, mine)
    board = figures(wanted)
    assert 0 < board.known < len(live_rows(drawn.district, since=since, now=NOW))
    assert board.known == len(expected)
    assert {row.household_id: row for row in Unreached(wanted, board)[:]} == {
        row.household_id: row for row in expected if row.reason
    }


def test_an_order_begins_and_ends_with_nobody_touching_a_row(db: None) -> None:
    from bothways.people.models import Restriction

    drawn = Drawn(6, 25, NOW)
    assert Restriction.objects.exclude(starts_on=None).exists()
    for days in (-4, 0, 1, 3, 5, -2):
        drawn.now = NOW + timedelta(days=days)
        check(drawn)


def test_all_families_at_once_and_one_by_one_come_to_the_same(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = Drawn(7, 30, NOW)
    monkeypatch.setattr("bothways.reach.facts.WHOLE", 0)
    check(drawn)
    for _ in range(10):
        drawn.happen()
    check(drawn)


def test_a_large_statement_leaves_one_note(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(8, 20, NOW)
    refresh(drawn.district, NOW)
    monkeypatch.setattr(notes, "MANY", 3)
    with connection.cursor() as cursor:
        cursor.execute(notes.drop())
        cursor.execute(notes.create())
        cursor.execute("UPDATE people_guardian SET reads = 'uk'")
        cursor.execute("SELECT what, ref FROM reach_stale")
        assert cursor.fetchall() == [("all", None)]
    check(drawn)


def test_a_change_that_facts_do_not_see_leaves_no_note(db: None) -> None:
    drawn = Drawn(9, 10, NOW)
    refresh(drawn.district, NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_guardian SET given = 'Ruth', roster = '{}'")
        cursor.execute("UPDATE people_contactpoint SET state = 'working' WHERE state = 'unknown'")
        cursor.execute("UPDATE people_student SET grade = '06'")
        cursor.execute("SELECT count(*) FROM reach_stale")
        assert cursor.fetchone() == (0,)


def test_the_triggers_in_the_database_are_those_of_the_code(db: None) -> None:
    """Who changes what is watched must write a migration that makes the triggers anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname LIKE 'reach\\_%' ORDER BY proname")
        bodies = [row[0].strip() for row in cursor.fetchall()]
    parts = notes.create().split("$$")[1::2]
    assert sorted(bodies) == sorted(part.strip() for part in parts)
