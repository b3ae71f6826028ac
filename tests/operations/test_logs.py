"""Log lines hold what happened and where, and nobody's name, number, address or words."""

import io
import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.enums import Channel
from bothways.core import logs

PRIVATE = (
    "Emily Hart",
    "emily.hart@example.org",
    "+1 (950) 715-2014",
    "19507152014",
    "I am afraid\nof him",
    "K7QF2M9TXW4A",
)


class Refused(Exception):
    pass


class Book:
    """A logger of its own, and what it wrote."""

    def __init__(self, shape: str, name: str) -> None:
        self.out = io.StringIO()
        handler = logging.StreamHandler(self.out)
        handler.setFormatter(logs.Formatter(shape))
        self.log = logging.Logger(name, logging.DEBUG)
        self.log.addHandler(handler)

    @property
    def text(self) -> str:
        return self.out.getvalue()

    @property
    def line(self) -> dict[str, Any]:
        assert self.text.count("\n") == 1
        found = json.loads(self.text)
        assert isinstance(found, dict)
        return found


def ours() -> Book:
    return Book("json", "bothways.messaging")


def parts(private: str) -> list[str]:
    """What must not be found of it: any of its words."""
    return [word for word in private.replace("\n", " ").split() if len(word) > 3]


def test_a_line_is_one_object_with_time_level_logger_and_event() -> None:
    book = ours()
    book.log.warning("delivery %s of %s: %d tries", 812, Channel.TEXT, 3)
    line = book.line
    at = datetime.fromisoformat(line.pop("time"))
    assert at.tzinfo == UTC
    assert line == {
        "level": "warning",
        "logger": "bothways.messaging",
        "event": "delivery 812 of text: 3 tries",
    }


@pytest.mark.parametrize("private", PRIVATE)
@pytest.mark.parametrize("shape", ["json", "text"])
@pytest.mark.parametrize("name", ["bothways.messaging", "django.request", "psycopg", "_granian"])
def test_an_exception_is_told_by_type_and_place_without_its_message(
    private: str, shape: str, name: str
) -> None:
    book = Book(shape, name)
    secret = private  # a local variable of a frame in the traceback
    try:
        try:
            raise ValueError(f"Key (email)=({private}) already exists")
        except ValueError as error:
            error.add_note(f"for {secret}")
            raise Refused(private) from error
    except Refused:
        book.log.exception("delivery %s could not be sent to %s", 7, private)
    assert book.text.count("\n") == 1
    assert [word for word in parts(private) if word in book.text] == []
    for word in ("Refused", "ValueError", "test_logs.py:", "test_an_exception_is_told"):
        assert word in book.text


@pytest.mark.parametrize("private", PRIVATE)
@pytest.mark.parametrize("name", ["bothways.messaging", "django.request", "asyncio", "_granian"])
def test_what_is_filled_in_or_stands_in_the_words_of_a_library_does_not_come_through(
    private: str, name: str
) -> None:
    for words in (
        ("Not Found: %s", private),
        ("%(who)s is new", {"who": private}),
        ("got %r from %.20s", [private], private),
        ("%s %s", private),  # too few: the program's own mistake must not stop the line
    ):
        book = Book("json", name)
        book.log.error(*words)
        assert [word for word in parts(private) if word in book.text] == []
        assert book.line["logger"] == name
    if not name.startswith(("bothways", "_granian")):
        book = Book("json", name)
        book.log.error(f"Could not understand {private}")
        assert [word for word in parts(private) if word in book.text] == []
        assert "test_logs.py:" in book.line["at"]


def test_words_of_ours_lose_numbers_addresses_links_and_what_is_quoted() -> None:
    book = ours()
    book.log.error(
        "to +1 950 715 2014, ruth@example.org, “Emily Hart”, https://x.org/r/K7QF, /r/K7QF:\nno"
    )
    assert book.line["event"] == "to …, … …, … … no"


def test_an_exception_as_an_argument_is_its_type_and_code_words_stay() -> None:
    book = ours()
    book.log.warning("hook %s: %s, %s", "twilio", Refused("Emily"), "TimeoutError")
    assert book.line["event"] == "hook twilio: Refused, TimeoutError"


def test_fields_are_held_to_the_same_rule() -> None:
    book = ours()
    fields = {"route": "family-message", "ms": 12.5, "who": "Emily Hart", "Emily Hart": 1}
    book.log.info("request", extra={"fields": fields})
    line = book.line
    assert (line["route"], line["ms"], line["who"]) == ("family-message", 12.5, "…")
    assert "Emily" not in book.text


def test_an_access_line_of_the_web_server_has_no_path_and_no_visitor() -> None:
    book = Book("json", "granian.access")
    book.log.info(
        '[%(time)s] %(addr)s - "%(method)s %(path)s" %(status)d %(dt_ms).3f',
        {
            "time": "now",
            "addr": "203.0.113.9",
            "method": "GET",
            "path": "/r/K7QF2M9TXW4A",
            "query_string": "",
            "status": 200,
            "dt_ms": 4.25,
        },
    )
    assert book.line["event"] == "GET 200 4.2 ms"
    assert "K7QF" not in book.text
    assert "203.0" not in book.text


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words_make_one_line_that_can_be_read(template: str, value: str) -> None:
    for name in ("bothways.x", "somebody.else"):
        for arguments in ((), (value,), ({"a": value},)):
            book = Book("json", name)
            book.log.error(template, *arguments)
            assert set(book.line) >= {"time", "level", "logger", "event"}
            text = Book("text", name)
            text.log.error(template, *arguments)
            assert len(text.text.splitlines()) == 1


@pytest.fixture
def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "BOTHWAYS_LOG"}


CRASH = """
import logging, logging.config, threading, warnings
from bothways.core import logs
logging.config.dictConfig(logs.settings())
logs.catch_all()
warnings.warn("the old way of Emily Hart")
def fall():
    raise ValueError("Emily Hart in a thread")
t = threading.Thread(target=fall); t.start(); t.join()
raise RuntimeError("+19507152014 and Emily Hart")
"""


@pytest.mark.parametrize(("named", "is_json"), [(None, True), ("json", True), ("text", False)])
def test_what_nobody_caught_becomes_a_line_too(
    environment: dict[str, str], named: str | None, is_json: bool
) -> None:
    env = environment | ({"BOTHWAYS_LOG": named} if named else {})
    done = subprocess.run(
        [sys.executable, "-c", CRASH], env=env, capture_output=True, text=True, timeout=60
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert [w for w in ("Emily", "Hart", "9507152014", "Traceback") if w in done.stderr] == []
    assert ("ValueError" in done.stderr, "RuntimeError" in done.stderr) == (True, True)
    if is_json:
        assert {json.loads(line)["level"] for line in lines} == {"warning", "error", "critical"}
    else:
        assert all(not line.startswith("{") for line in lines)
