"""One request to an engine's service: what its answers mean, and texts as lines."""

import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from json import loads as parse
from typing import Any

import aiohttp

from bothways.languages.engines.contract import (
    CannotTranslate,
    EngineError,
    Misconfigured,
    Unavailable,
    UsedUp,
)
from bothways.languages.protection import TOKEN

TIMEOUT = 15.0
_LONGEST_ANSWER = 5_000_000
_MARKED = re.compile(r"<(?:span|x)\b[^>]*>\s*(⟦\s*\d+\s*⟧)\s*</(?:span|x)>")


async def post(
    url: str, *, label: str, json: object, headers: Mapping[str, str] | None = None
) -> Any:
    """The service's answer, or the EngineError that its status means.

    A redirect is not followed: words and keys go where somebody said, and nowhere else. What the service
    says in an error is not repeated: it may hold our words.
    """
    timeout = aiohttp.ClientTimeout(total=TIMEOUT, connect=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, json=json, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise _meaning(answer.status, await _code(answer), label)
            raw = await answer.content.read(_LONGEST_ANSWER + 1)
            if len(raw) > _LONGEST_ANSWER:
                raise EngineError(f"{label} answered with far more than it was asked for.")
            return parse(raw)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(f"{label} cannot be reached, or did not answer in time.") from error
    except aiohttp.InvalidURL as error:
        raise Misconfigured(f"The address of {label} is no web address.") from error
    except ValueError as error:
        raise EngineError(
            f"{label} answered with something that cannot be read. Is its address right?"
        ) from error


async def _code(answer: aiohttp.ClientResponse) -> str:
    """What kind of error the service says it is, as far as it says so in words that we know."""
    try:
        text = (await answer.content.read(20_000)).decode("utf-8", "replace").lower()
    except (aiohttp.ClientError, TimeoutError):
        return ""
    return next((word for word in _KNOWN if word in text), "")


_KNOWN = (
    "api key not valid",
    "api_key_invalid",
    "quota",
    "limit exceeded",
    "rate limit",
    "ratelimit",
    "403001",
    "not supported",
    "is not valid",
    "bad language pair",
    "400036",
    "400035",
    "target_lang",
    "api key",
)
_OF_QUOTA = ("quota", "limit exceeded", "403001")
_OF_KEY = ("api key not valid", "api_key_invalid", "api key")
_OF_PAIR = ("not supported", "400036", "400035", "target_lang", "bad language pair", "is not valid")


def _meaning(status: int, code: str, label: str) -> EngineError:
    wrong_key = Misconfigured(
        f"{label} does not know the key. Put in the right one at Set-up, Languages."
    )
    used_up = UsedUp(
        f"What {label} allows is used up. Wait for the next month, or ask for more there."
    )
    if status == 456 or (status == 403 and code in _OF_QUOTA):
        return used_up
    if status in (401, 403) or (status == 400 and code in _OF_KEY):
        return wrong_key
    if status == 400 and code in _OF_PAIR:
        return CannotTranslate(f"{label} has no such pair of languages.")
    if status == 404 or 300 <= status < 400:
        return Misconfigured(
            f"There is no {label} at this address. Look at the setting for its address."
        )
    if status == 429 or status >= 500:
        return Unavailable(f"{label} is too busy or away. It is tried again later.")
    return EngineError(f"{label} refused the words (status {status}).")


Ask = Callable[[list[str]], Awaitable[list[str]]]


async def by_lines(texts: Sequence[str], ask: Ask, *, most: int, characters: int) -> list[str]:
    """The texts line by line, in requests of at most ``most`` lines and so many characters.

    Services drop or double line breaks; sent line by line they stay. Lines without words are not sent. Raises
    EngineError where an answer has another number of lines.
    """
    lines = [text.split("\n") for text in texts]
    places = [
        (t, n) for t, text in enumerate(lines) for n, line in enumerate(text) if _has_words(line)
    ]
    for batch in _batches(
        [(place, len(lines[place[0]][place[1]])) for place in places], most, characters
    ):
        given = [lines[t][n] for t, n in batch]
        said = await ask([line.strip() for line in given])
        if len(said) != len(given):
            raise EngineError("The service left out some of the words: nothing of it is used.")
        for (t, n), line, new in zip(batch, given, said, strict=True):
            before = line[: len(line) - len(line.lstrip())]
            lines[t][n] = before + new.strip().replace("\n", " ")
    return ["\n".join(text) for text in lines]


def _has_words(line: str) -> bool:
    return any(char.isalpha() for char in TOKEN.sub("", line))


def _batches(
    sized: Sequence[tuple[tuple[int, int], int]], most: int, characters: int
) -> list[list[tuple[int, int]]]:
    batches: list[list[tuple[int, int]]] = []
    room = 0
    for place, size in sized:
        if not batches or len(batches[-1]) >= most or size > room:
            batches.append([])
            room = characters
        batches[-1].append(place)
        room -= size
    return batches


def marked(text: str, tag: str, closing: str) -> str:
    """The line as HTML or XML, its tokens inside an element that is not translated."""
    return TOKEN.sub(lambda m: f"{tag}{m.group()}{closing}", html.escape(text, quote=False))


def unmarked(text: str) -> str:
    """The line as plain text again."""
    return html.unescape(_MARKED.sub(r"\1", text))


def strings(found: object, label: str) -> list[str]:
    """A list of strings as it was promised, or EngineError."""
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    raise EngineError(f"{label} answered with something else than translations.")
