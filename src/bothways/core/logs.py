"""Log lines: one line a thing, as text or as JSON, and nothing of any person in them.

What stands in a line is decided here, not by who logs: of the words of a line only the program's own
template is kept, with numbers and code words filled in; of an exception its type and its places. A
message of an exception may hold a number that was dialled, a row that was refused, a name; so may
any text that comes from a library.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any

FORMS = ("json", "text")
_OURS = "bothways"
# Their words without arguments are their own too, not what somebody sent: they may be kept, redacted.
_TRUSTED = ("_granian", "procrastinate")
_GONE = "…"
_MOST_FRAMES = 12
_MOST_WORDS = 300

# A conversion of %-formatting: %(name)s, %.20r, %d, %%.
_CONVERSION = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?([a-zA-Z%])")
# Code words as the product uses them: names of channels, carriers, states, tasks.
_CODE_WORD = re.compile(r"[a-z][a-z_]{0,30}(?:[.-][a-z_]{1,30}){0,3}")
_ERROR_NAME = re.compile(r"[A-Z][A-Za-z]{2,40}(?:Error|Exception|Warning|Timeout|Interrupt|Exit)")
_HIDDEN = (
    re.compile(r"\S+@\S+"),  # email addresses, and addresses with a password in them
    re.compile(r"[a-z]+://\S+", re.IGNORECASE),
    re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»"),  # what is quoted is somebody's
    re.compile(r"\+?\d(?:[\s().-]*\d){5,}"),  # six digits and more: phones, accounts, dates
    re.compile(r"(?<!\w)/\S+"),  # paths hold codes of families' pages
)
_PLACE = Path(__file__).resolve().parents[2]


def form() -> str:
    """``json`` or ``text``: as BOTHWAYS_LOG says, else text on a terminal and JSON elsewhere."""
    named = os.environ.get("BOTHWAYS_LOG", "").strip().lower()
    if named in FORMS:
        return named
    return "text" if sys.stderr is not None and sys.stderr.isatty() else "json"


class Formatter(logging.Formatter):
    """One record, one line: ``time`` (UTC), ``level``, ``logger``, ``event``, and ``error``, ``at``.

    Fields of ours are given as ``extra={"fields": {...}}``; they are held to the same rule.
    """

    def __init__(self, shape: str | None = None, **_: object) -> None:
        super().__init__()
        self.shape = shape or form()

    def format(self, record: logging.LogRecord) -> str:
        line = described(record)
        if self.shape == "json":
            return json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        at, level, logger, event = (line.pop(k, "") for k in ("time", "level", "logger", "event"))
        rest = " ".join(f"{name}={_flat(value)}" for name, value in line.items())
        return f"{at} {level} {logger}: {event} {rest}".rstrip()


def described(record: logging.LogRecord) -> dict[str, Any]:
    """The record as plain values that may be kept."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": _name(record.name),
        "event": _event(record),
    }
    fields = getattr(record, "fields", None)
    if isinstance(fields, Mapping):
        for name, value in fields.items():
            if isinstance(name, str) and _CODE_WORD.fullmatch(name) and name not in line:
                line[name] = value if isinstance(value, int | float) else _shown(value)
    if not _is_ours(record.name) or record.exc_info:
        line["at"] = _place(record.pathname, record.lineno, record.funcName)
    if record.exc_info and record.exc_info[0] is not None:
        kind, error, trace = record.exc_info
        line["error"] = _kind(kind)
        line["trace"] = places(trace)
        if causes := _causes(error):
            line["because"] = causes
    return line


def places(trace: TracebackType | None) -> list[str]:
    """Where an exception came by, innermost last: ``file:line function``. No values, no source."""
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(trace), lookup_lines=False, capture_locals=False
    )
    return [_place(f.filename, f.lineno or 0, f.name) for f in frames][-_MOST_FRAMES:]


def _causes(error: BaseException | None) -> list[str]:
    found: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(found) < 4:
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is not None:
            last = places(error.__traceback__)[-1:]
            found.append(" ".join([_kind(type(error)), *last]))
    return found


def _kind(kind: type[BaseException]) -> str:
    # A class may be made at run time, and called anything.
    return (
        kind.__qualname__ if re.fullmatch(r"[A-Za-z_][\w.]{0,80}", kind.__qualname__) else "Error"
    )


def _event(record: logging.LogRecord) -> str:
    if record.name == "granian.access" and isinstance(record.args, Mapping):
        values = record.args
        parts = (str(values.get("method", "")), values.get("status"), values.get("dt_ms"))
        method = parts[0] if re.fullmatch(r"[A-Z]{3,7}", parts[0]) else _GONE
        return f"{method} {_shown(parts[1])} {_shown(parts[2])} ms"
    template = record.msg
    if isinstance(template, BaseException):
        return _kind(type(template))
    if not isinstance(template, str):
        return type(template).__name__
    trusted = _is_ours(record.name) or record.name.startswith(_TRUSTED)
    if not record.args and not trusted:
        return _GONE  # a finished sentence of a library: nobody knows what was put into it
    if not record.args:
        return redacted(template)
    return redacted(_filled(template, record.args, ours=_is_ours(record.name)))


def _filled(template: str, args: object, *, ours: bool) -> str:
    """The template with what may be shown; everything else becomes “…”."""
    named = args if isinstance(args, Mapping) else {}
    rest = iter(args if isinstance(args, tuple) else (args,))

    def one(found: re.Match[str]) -> str:
        name, conversion = found.groups()
        if conversion == "%":
            return "%"
        for _ in range(found.group().count("*")):
            next(rest, None)
        value = named.get(name) if name else next(rest, _GONE)
        return _shown(value, words=ours)

    return _CONVERSION.sub(one, template)


def _shown(value: object, *, words: bool = True) -> str:
    """A value as it may stand in a log: numbers, code words of ours, kinds of errors, dates."""
    if isinstance(value, BaseException):
        return _kind(type(value))
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, int):
        # Ids are short; ten digits are a phone number that somebody made a number of.
        return str(value) if abs(value) < 1_000_000_000 else _GONE
    if isinstance(value, datetime | date):
        return value.isoformat()
    if (
        words
        and isinstance(value, str)
        and (_CODE_WORD.fullmatch(value) or _ERROR_NAME.fullmatch(value))
    ):
        return value
    return _GONE


def redacted(words: str) -> str:
    """Words of the program without what could be a person's: one line, of some length at most."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    for hidden in _HIDDEN:
        plain = hidden.sub(_GONE, plain)
    return plain[:_MOST_WORDS]


def _name(logger: str) -> str:
    return logger if re.fullmatch(r"[\w.-]{1,80}", logger) and "@" not in logger else _GONE


def _is_ours(logger: str) -> bool:
    return logger == _OURS or logger.startswith(f"{_OURS}.")


def _place(file: str, line: int, function: str) -> str:
    """``bothways/core/logs.py:12 f``: without the folder in which it is installed (a user's name)."""
    path = Path(file)
    parts = path.parts
    if "site-packages" in parts:
        parts = parts[parts.index("site-packages") + 1 :]
    elif path.is_relative_to(_PLACE):
        parts = path.relative_to(_PLACE).parts
    else:
        parts = parts[-2:] if re.fullmatch(r"[\w./-]+\.py", path.name) else (_GONE,)
    return f"{'/'.join(parts)}:{line} {function if function.isidentifier() else '<code>'}"


def _flat(value: object) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def settings() -> dict[str, Any]:
    """Python's logging as all processes of an installation have it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "bothways.core.logs.Formatter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "procrastinate": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            # Addresses that nobody should be asked for: counted by the pages' metrics, no news.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # What went well is worth a line where it happens once a night, or where it was asked for.
            "bothways.upkeep": {"level": "INFO"},
            "bothways.web.requests": {"level": "INFO"},
        },
    }


def catch_all() -> None:
    """What nobody caught, and warnings, become lines like all others. For services.

    Python's own way prints the message of the exception, which may hold anything.
    """
    log = logging.getLogger("bothways.uncaught")
    logging.captureWarnings(True)

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("stopped by an error nobody caught", exc_info=(kind, error, trace))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.error(
                "a thread ended by an error nobody caught",
                exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            )

    sys.excepthook = uncaught
    threading.excepthook = in_thread
