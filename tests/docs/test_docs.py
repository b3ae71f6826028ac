"""The documentation says what is there: its links lead somewhere, its commands and settings exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bothways.channels.registry import CARRIERS
from bothways.commands.main import COMMANDS, main
from bothways.ledger.enums import Level
from bothways.reach.enums import Reason
from bothways.sandbox.__main__ import _parser as sandbox_parser

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *```[a-z]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
VARIABLE = re.compile(r"\bBOTHWAYS_[A-Z_]*[A-Z]\b")


def page(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def prose(text: str) -> str:
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """The places of a page that a link can name, as code hosts make them from headings."""
    titles = re.findall(r"^#+ +(.+?) *$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its rank."""
    marks, _, rest = text.partition(f" {title}\n")
    rank = len(marks) - len(marks.rstrip("#"))
    return re.split(rf"^#{{1,{rank}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def calls_in(line: str) -> list[str] | None:
    """The words after ``bothways`` where a line of code calls it, whatever stands before."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    for place, word in enumerate(words):
        before = words[:place]
        called = word == "bothways" or word.endswith("/bin/bothways")
        if called and "-m" not in before and "install" not in before and place < len(words):
            return words[place + 1 :]
    return None


def shown() -> Iterator[tuple[str, bool, list[str]]]:
    """(page, whether it is a whole line to be typed, words) of each call in the documentation."""
    for path in PAGES:
        text = path.read_text("utf-8")
        name = str(path.relative_to(ROOT))
        for block in FENCE.findall(text):
            for line in block.splitlines():
                words = calls_in(line)
                if words:
                    yield name, True, words
        for code in CODE.findall(prose(text)):
            if code.startswith("bothways "):
                yield name, False, shlex.split(code)[1:]


SHOWN = list(shown())


def why_not(words: list[str], *, whole: bool) -> str:
    """Why ``bothways`` would not take these words; "" if it would."""
    name, *rest = words
    if name.isupper():  # COMMAND stands for any
        return ""
    with click.Context(main) as above:
        command = main.get_command(above, name)
        if command is None:
            return f"there is no command {name}"
        while isinstance(command, click.Group) and rest:
            name, *rest = rest
            command = command.get_command(above, name)
            if command is None:
                return f"there is no command {name}"
        with click.Context(command, parent=above) as context:
            try:
                values, left, _ = command.make_parser(context).parse_args(list(rest))
            except click.UsageError as error:
                return error.format_message()
            if left:
                return f"too many words: {left}"
            for parameter in command.params:
                value = values.get(parameter.name or "")
                empty = value is None or value == [] or "UNSET" in repr(value)
                if whole and parameter.required and empty:
                    return f"{parameter.name} is missing"
                one_of = (
                    parameter.type.choices if isinstance(parameter.type, click.Choice) else [value]
                )
                if not empty and value not in one_of:
                    return f"{parameter.name} cannot be {value}"
    return ""


def test_documentation_is_found_at_all() -> None:
    assert len(PAGES) > 20
    assert len(SHOWN) > 40
    assert {words[0] for _, whole, words in SHOWN if whole} >= set(COMMANDS) - {"worker", "demo"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    broken = []
    for target in LINK.findall(prose(path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        inside = found.exists() and found.is_relative_to(ROOT)
        if not inside or (anchor and anchor not in anchors(found.read_text("utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(page("docs/README.md"))
    }
    assert set((ROOT / "docs").rglob("*.md")) - linked == {index}


@pytest.mark.parametrize(
    ("name", "whole", "words"), SHOWN, ids=lambda value: "" if isinstance(value, bool) else None
)
def test_every_command_line_shown_is_one_that_exists(
    name: str, whole: bool, words: list[str]
) -> None:
    assert why_not(words, whole=whole) == "", f"{name}: bothways {shlex.join(words)}"


@pytest.mark.parametrize(
    "line",
    [
        "rooster /path",
        "roster /path --alow-removals",
        "roster /path /another",
        "roster",
        "send --audience all --purpose gossip --text en=Hi",
        "send --audience all --text en=Hi",
        "carrier twilio --set",
    ],
)
def test_a_command_line_that_is_wrong_would_be_noticed(line: str) -> None:
    assert why_not(line.split(), whole=True) != ""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_names_every_option_of_a_command(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    told = section(page("docs/reference/commands.md"), f"bothways {name}")
    commands = [command]
    if isinstance(command, click.Group):
        within = click.Context(command)
        commands += [
            found
            for each in command.list_commands(within)
            if (found := command.get_command(within, each)) is not None
        ]
    options = {
        option
        for one in commands
        for parameter in one.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", told)} == set()
    assert set(re.findall(r"`(--[a-z-]+)", told)) - options == set()


def test_the_reference_names_every_option_of_the_sandbox_and_no_other() -> None:
    told = section(page("docs/reference/town-and-sandbox.md"), "Running it alone")
    there = set(re.findall(r"--[a-z-]+", sandbox_parser().format_help())) - {"--help"}
    table = "\n".join(line for line in told.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(--[a-z-]+)", table)) == there


def test_every_variable_of_the_environment_is_among_the_settings() -> None:
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in VARIABLE.findall(path.read_text("utf-8"))
    }
    assert read - set(VARIABLE.findall(page("docs/reference/settings.md"))) == set()


def test_no_page_names_a_variable_that_nothing_reads() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = {name for path in PAGES for name in VARIABLE.findall(path.read_text("utf-8"))}
    assert {name for name in named if f'"{name}"' not in source} == set()


@pytest.mark.parametrize("name", CARRIERS)
def test_the_settings_of_every_carrier_are_described(name: str) -> None:
    rows = re.findall(
        r"^\| (`[^|]+) \|", section(page("docs/reference/settings.md"), name), re.MULTILINE
    )
    told = {setting for row in rows for setting in CODE.findall(row)}
    assert told == {setting.name for setting in CARRIERS[name].settings}


def test_every_level_and_reason_is_explained_in_its_order() -> None:
    told = page("docs/explanation/evidence-and-reach.md")
    levels = re.findall(r"^\| ([A-Z]+) \|", told, re.MULTILINE)
    assert levels == [level.name for level in Level if level is not Level.NONE]
    reasons = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", told, re.MULTILINE)
    assert reasons == [(reason.value, reason.label) for reason in Reason]
