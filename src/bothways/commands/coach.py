"""``bothways coach FILE``: what may hurt in each message, and better words. No database, no network."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bothways.coach import Advice, Kind, check
from bothways.commands.words import put, say


class BadLine(click.ClickException):
    """A line cannot be used: nothing of the file was answered."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message to look at."""

    id: str | int
    lang: str
    text: str
    kind: str | None


@click.command(short_help="Look at messages to families: what may hurt, and better words.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="one JSON object a message on stdout")
def coach(file: Path, as_json: bool) -> None:
    """Look at the messages in FILE (JSON lines with id, lang, text and, if you like, kind; “-” reads them
    from standard input) and say what in each may hurt or close a door.

    A line that cannot be used is told with its number; then nothing is answered (exit status 2).
    """
    for message in list(_messages(file)):
        advice = check(message.text, lang=message.lang, kind=message.kind)
        if as_json:
            put(answer(message.id, advice))
        else:
            _tell(message, advice)


def answer(key: str | int, advice: Advice) -> dict[str, Any]:
    """The line that goes out for one message, as contracts promise it."""
    return {
        "id": key,
        "kind": advice.kind.value,
        "findings": [
            {
                "rule": one.rule.value,
                "start": one.start,
                "end": one.end,
                "reason": one.reason,
                "suggestion": one.suggestion,
            }
            for one in advice.findings
        ],
    }


def _tell(message: Message, advice: Advice) -> None:
    say(f"{message.id}: {advice.kind}, {len(advice.findings)} found")
    for one in advice.findings:
        words = "" if one.start is None else f" “{message.text[one.start : one.end]}”"
        say(f"  {one.rule}{words}\n    {one.reason}\n    → {one.suggestion}")


def _messages(file: Path) -> Iterator[Message]:
    # str.splitlines would also cut at characters that JSON allows inside words.
    for number, line in enumerate(_read(file).split("\n"), 1):
        if line.strip():
            yield _message(line, number)


def _read(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as wrong:
        raise BadLine(f"{file} cannot be read: {wrong.strerror}. Give a file or “-”.") from wrong
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise BadLine(f"Line {line} is not UTF-8. Save the file as UTF-8.") from wrong


def _message(line: str, number: int) -> Message:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as wrong:
        raise BadLine(
            f"Line {number} is not JSON. Write one object with id, lang and text."
        ) from wrong
    if not isinstance(raw, dict):
        raise BadLine(f"Line {number} is no object. Write one object with id, lang and text.")
    key, lang, text, kind = (raw.get(name) for name in ("id", "lang", "text", "kind"))
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise BadLine(f"Line {number} has no “id”. Give each message one, text or number.")
    if not isinstance(lang, str):
        raise BadLine(f"Line {number} has no “lang”, or it is no text.")
    if not isinstance(text, str):
        raise BadLine(f"Line {number} has no “text”, or it is no text.")
    if kind is not None and kind not in set(Kind):
        raise BadLine(f"Line {number}: “kind” is one of {', '.join(Kind)}, or left out.")
    return Message(key, lang, text, kind)
