"""Where hosts of their own cannot be made, the benchmark says what is missing, and touches nothing."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bothways.commands.bench import machines as command
from bothways.commands.bench.lan.network import NoNetwork
from bothways.commands.bench.lan.postgres import Programs, find_programs

HERE = Programs(Path("/nowhere"), "/nowhere/pgbouncer", "nobody")


def _said(
    monkeypatch: pytest.MonkeyPatch, *, programs: Programs | str, user: int
) -> tuple[int, str]:
    def refused(programs: Programs) -> None:
        raise NoNetwork("ip netns add bw1-switch: Operation not permitted")

    monkeypatch.setattr(command, "find_programs", lambda: programs)
    monkeypatch.setattr(command, "centre", refused)
    monkeypatch.setattr("os.geteuid", lambda: user)
    answer = CliRunner().invoke(command.machines, ["--deliveries", "10"])
    return answer.exit_code, answer.output


def test_missing_programs_are_named_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    words = find_programs()
    assert isinstance(words, str)
    assert "pgbouncer" in words
    assert "apt-get install" in words
    status, said = _said(monkeypatch, programs=words, user=0)
    assert (status, words in said) == (2, True)


def test_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    status, said = _said(monkeypatch, programs=HERE, user=1000)
    assert (status, "sudo" in said) == (2, True)


def test_a_container_without_the_right_is_told_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, said = _said(monkeypatch, programs=HERE, user=0)
    assert (status, "--privileged" in said) == (2, True)
