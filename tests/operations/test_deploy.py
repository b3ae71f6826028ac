"""The files in ``deploy`` name only what is there: commands, options, paths, variables."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.test_up import free_port, wait
from docs.test_docs import VARIABLE, page, why_not

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "bothways.service"
COMPOSE = ROOT / "deploy" / "container" / "compose.yaml"
CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
INSTALLED = "/opt/bothways"


class _Settings(dict[str, Any]):
    """A key that stands several times holds several lines."""

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.fixture(scope="module")
def unit() -> RawConfigParser:
    parser = RawConfigParser(dict_type=_Settings, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def lines(unit: RawConfigParser, name: str) -> list[str]:
    return [line for line in unit["Service"][name].splitlines() if line]


def here(path: str) -> Path:
    """A path of the service as it lies in this checkout."""
    assert path.startswith(f"{INSTALLED}/")
    inside = path.removeprefix(f"{INSTALLED}/")
    if inside.startswith(".venv/bin/"):
        return Path(sys.executable).parent / inside.rpartition("/")[2]
    return ROOT / inside


def test_the_unit_calls_a_command_that_exists_and_every_path_is_there(
    unit: RawConfigParser,
) -> None:
    (start,) = lines(unit, "ExecStart")
    program, *words = shlex.split(start)
    assert os.access(here(program), os.X_OK)
    assert why_not(words, whole=True) == ""
    text = UNIT.read_text()
    named = set(re.findall(rf"{INSTALLED}/[\w./-]+", text))
    assert {path for path in named if not here(path).exists()} == set()
    told = dict(line.split("=", 1) for line in lines(unit, "Environment"))
    state = f"/var/lib/{unit['Service']['StateDirectory'].strip()}"
    assert (told["BOTHWAYS_HOME"], unit["Service"]["WorkingDirectory"]) == (state, state)


def test_the_unit_is_hardened_comes_up_again_and_starts_with_the_machine(
    unit: RawConfigParser,
) -> None:
    wanted = {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "Restart": "always",
        "User": "bothways",
        "StateDirectory": "bothways",
        "CapabilityBoundingSet": "",
        "KillMode": "mixed",
    }
    assert {name: unit["Service"][name] for name in wanted} == wanted
    assert unit["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """With the program's path of this checkout, since systemd looks whether it is there."""
    trial = tmp_path / "bothways.service"
    program = Path(sys.executable).parent / "bothways"
    text = UNIT.read_text().replace(f"{INSTALLED}/.venv/bin/bothways", str(program))
    trial.write_text(text.replace("User=bothways", "User=daemon").replace("Group=bothways\n", ""))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(trial)], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "bothways" in line]
    assert (done.returncode, ours) == (0, [])


def named_in(*paths: Path) -> set[str]:
    return {name for path in paths for name in VARIABLE.findall(path.read_text())}


def test_every_variable_in_the_files_is_described() -> None:
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    assert len(files) == 5
    told = set(VARIABLE.findall(page("docs/reference/settings.md")))
    assert named_in(*files) - told == set()
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    assert {name for name in asked if name not in page("docs/how-to/run-in-containers.md")} == set()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found = yaml.safe_load(COMPOSE.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_both_ways_of_compose_have_what_they_need(compose: dict[str, Any]) -> None:
    services = compose["services"]
    by_profile = {
        profile: sorted(name for name, s in services.items() if profile in s["profiles"])
        for profile in ("small", "postgres")
    }
    assert by_profile == {"small": ["school"], "postgres": ["database", "web", "workers"]}
    for name in ("school", "web", "workers"):
        service = services[name]
        words = service.get("command", ["up"])
        assert why_not(list(words), whole=True) == ""
        assert service["volumes"] == ["home:/var/lib/bothways"]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert (
            COMPOSE.parent / service["build"]["context"] / service["build"]["dockerfile"]
        ).is_file()
    assert services["web"]["environment"] == services["workers"]["environment"]
    assert {v.partition(":")[0] for s in services.values() for v in s["volumes"]} == set(
        compose["volumes"]
    )
    # Nothing but the web server is to be reached, and that from this machine alone.
    assert {p for s in services.values() for p in s.get("ports", ())} == {"127.0.0.1:8000:8000"}


def test_what_compose_gives_the_programs_are_variables_that_they_read(
    compose: dict[str, Any],
) -> None:
    described = page("docs/reference/settings.md")
    for name in ("school", "web"):
        given = set(compose["services"][name]["environment"])
        assert {variable for variable in given if f"`{variable}`" not in described} == set()


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", CONTAINERFILE.read_text())
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (row.partition(" ") for row in rows)]


def test_the_container_runs_as_nobody_special_with_one_volume_and_asks_for_its_health() -> None:
    found = instructions()
    last = max(i for i, (word, _) in enumerate(found) if word == "FROM")
    stage = found[last:]
    assert [rest for word, rest in stage if word == "USER"] == ["bothways"]
    assert [rest for word, rest in stage if word == "VOLUME"] == ["/var/lib/bothways"]
    (health,) = [rest for word, rest in stage if word == "HEALTHCHECK"]
    assert "/healthz" in health
    commands = {word: rest for word, rest in stage if word in ("ENTRYPOINT", "CMD")}
    assert commands["ENTRYPOINT"] == '["bothways"]'
    assert why_not(yaml.safe_load(commands["CMD"]), whole=True) == ""


def test_what_is_copied_into_the_container_is_there_and_not_kept_out() -> None:
    kept_in = {
        line.removeprefix("!")
        for line in (CONTAINERFILE.parent / "Containerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        word
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    }
    assert copied == kept_in
    assert {name for name in copied if not (ROOT / name).exists()} == set()


def _anybody_reaches(program: Path) -> bool:
    """Whether a user without rights can start this Python (not one in the home of root)."""
    places = (program, program.resolve())
    return all(path.stat().st_mode & 0o001 for place in places for path in (place, *place.parents))


@pytest.fixture
def started(unit: RawConfigParser, tmp_path: Path) -> Iterator[int]:
    """What ExecStart says, in a fresh folder, by a user without rights where we may become one."""
    (start,) = lines(unit, "ExecStart")
    program, *words = shlex.split(start)
    port = free_port()
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    user: dict[str, Any] = {}
    if os.geteuid() == 0 and _anybody_reaches(Path(sys.executable)):
        for path in (tmp_path, *tmp_path.parents):
            if path.stat().st_uid == 0 and path != Path("/") and path != Path("/tmp"):
                path.chmod(path.stat().st_mode | 0o011)
        os.chown(state, 65534, 65534)
        user = {"user": 65534, "group": 65534, "extra_groups": []}
    told = dict(line.split("=", 1) for line in lines(unit, "Environment"))
    env = {"PATH": os.defpath} | told | {"BOTHWAYS_HOME": str(state)}
    with (tmp_path / "said").open("wb") as said:
        up = subprocess.Popen(
            [str(here(program)), *words, "--port", str(port)],
            cwd=state,
            env=env,
            stdout=said,
            stderr=said,
            umask=0o077,
            start_new_session=True,
            **user,
        )
    try:
        yield port
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(90) == 0


def test_the_line_that_the_unit_starts_works_without_rights_in_a_fresh_folder(
    started: int, tmp_path: Path
) -> None:
    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{started}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        assert wait(healthy, 120)
    finally:
        said = (tmp_path / "said").read_text()
    assert "Traceback" not in said
