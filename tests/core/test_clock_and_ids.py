"""Time from one place; codes that people can type."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bothways.core import clock, ids
from bothways.core.text import clean, fold, fold_address


def test_a_stopped_clock_stands_and_a_running_one_goes_on(tmp_path: Path) -> None:
    moment = datetime(2021, 9, 13, 13, 30, tzinfo=UTC)
    path = tmp_path / "clock"
    clock.stop_at(path, moment)
    assert clock.follow(path)
    assert (clock.now(), clock.now()) == (moment, moment)
    assert clock.today("America/Chicago") == moment.date()
    clock.run_from(path, moment)
    assert moment <= clock.now() < moment + timedelta(minutes=1)
    clock.forget()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_without_a_clock_file_time_is_real(tmp_path: Path) -> None:
    assert not clock.follow(tmp_path / "none")
    assert not clock.simulated()


@given(st.integers(0, 40))
def test_a_code_is_read_however_it_is_typed(seed: int) -> None:
    code = ids.code()
    assert ids.read_code(code) == code
    assert ids.read_code(f"  {ids.show_code(code).lower()} ") == code
    assert ids.read_code(" ".join(code)) == code


@given(st.text(max_size=30))
def test_what_is_no_code_is_none(typed: str) -> None:
    found = ids.read_code(typed)
    assert found is None or (len(found) == 12 and set(found) <= set(ids.CODE_LETTERS))


@given(st.text())
def test_cleaning_and_folding_settle_at_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text)) == fold(text)


def test_one_address_however_it_is_written() -> None:
    assert fold_address("12 Main St.\nGrand Bend, TX") == fold_address("12 main st\nGrand  Bend TX")
