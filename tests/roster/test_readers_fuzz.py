"""Damage of every kind: a roster or one sentence, never anything else."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bothways.roster.readers import UnusableRoster, guess_mapping, open_roster
from bothways.roster.records import Parsed
from roster.readers_tables import twelve, write, zipped

quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
names = st.sampled_from(sorted(twelve()))


def opened(path: Path) -> Parsed | None:
    try:
        parsed = open_roster(path)
    except UnusableRoster:
        return None
    people = {g.id for g in parsed.guardians}
    if parsed.modes["student"] == "bulk":
        assert {link.guardian for link in parsed.links} <= people
        assert {link.student for link in parsed.links} <= {s.id for s in parsed.students}
    return parsed


@given(names, st.binary(max_size=300))
@quiet
def test_random_bytes_in_a_file(tmp_path: Path, name: str, data: bytes) -> None:
    opened(write(tmp_path, {**twelve(), name: data}))


@given(names, st.text(alphabet='",;\t\n\rax0é', max_size=120))
@quiet
def test_random_cells_in_a_file(tmp_path: Path, name: str, data: str) -> None:
    header = twelve()[name].splitlines()[0]
    opened(write(tmp_path, {**twelve(), name: f"{header}\n{data}"}))


@given(names, st.integers(0, 600))
@quiet
def test_a_file_that_ends_anywhere(tmp_path: Path, name: str, at: int) -> None:
    opened(write(tmp_path, {**twelve(), name: twelve()[name][:at]}))


@given(st.lists(names, max_size=9), names, st.integers(0, 9))
@quiet
def test_missing_files_and_columns(tmp_path: Path, gone: list[str], name: str, column: int) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    tables = {key: text for key, text in twelve().items() if key not in gone}
    if name in tables:
        lines = [line.split(",") for line in tables[name].splitlines()]
        tables[name] = "\n".join(
            ",".join(v for i, v in enumerate(line) if i != column) for line in lines
        )
    opened(write(tmp_path, tables))


@given(st.integers(0, 2**32), st.integers(1, 20))
@quiet
def test_a_zip_with_changed_bytes(tmp_path: Path, seed: int, count: int) -> None:
    draw = random.Random(seed)
    path = zipped(tmp_path / "r.zip", twelve())
    data = bytearray(path.read_bytes())
    for _ in range(count):
        data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(data)
    opened(path)


@given(
    st.lists(st.text(alphabet='",;\n ab1@é', max_size=20), min_size=1, max_size=8),
    st.text(max_size=200),
)
@quiet
def test_any_table_with_a_guessed_mapping(tmp_path: Path, header: list[str], data: str) -> None:
    titles = ["Student ID", "Student Name", "Guardian 1 Name", "Guardian 1 Phone", *header]
    file = tmp_path / "t.csv"
    file.write_text(",".join(titles) + "\n" + data, "utf-8", errors="replace")
    with suppress(UnusableRoster):
        open_roster(file, guess_mapping(titles))


def test_a_mapping_for_a_whole_roster_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableRoster, match="A mapping is for one table"):
        open_roster(write(tmp_path, twelve()), guess_mapping(["Student ID", "Student Name"]))
