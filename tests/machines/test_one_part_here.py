"""A host runs the part that it is for, and no other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bothways.commands import up as command
from bothways.commands.installation import Installation


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["worker", "urgent", "web"]),
        (["--only", "workers"], ["worker", "urgent"]),
        (["--only", "web"], ["web"]),
    ],
)
def test_a_host_runs_the_part_that_it_is_for(
    words: list[str], parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    @contextmanager
    def installation() -> Iterator[Installation]:
        yield Installation(tmp_path, None)

    class Supervisor:
        def __init__(self, children: Sequence[Any], say: object) -> None:
            started.extend(child.name for child in children)

        def run(self, each_second: object) -> None:
            """Nothing has to run to be counted."""

    monkeypatch.setenv("BOTHWAYS_PUBLIC_URL", "http://families.example.org")
    monkeypatch.setattr(command, "installation", installation)
    monkeypatch.setattr(command, "_say_how_to_begin", lambda: None)  # asks the database
    monkeypatch.setattr(command, "Supervisor", Supervisor)
    answer = CliRunner().invoke(command.up, words)
    assert answer.exit_code == 0, answer.output
    assert started == parts
