"""A language model that the district hosts may propose another wording. Off unless an address is set.

It never gets a name, number, link or address: these are replaced by marks before and put back after, and a
wording that lost or added one is not shown. Whatever goes wrong, the advice of the rules stands alone.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bothways.coach.advice import Finding

TIMEOUT = 6.0  # seconds; somebody is typing
MOST = 4000  # characters of a message that are sent
_LONGEST_ANSWER = 200_000  # bytes

_MARK = re.compile(r"\[\[(\d+)\]\]")
_PRIVATE = (
    re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE),
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(
        r"\b\d+ (?:[A-ZÁÉÍÓÚÑ][\w.]*\s?){1,4}(?:St|Street|Ave|Avenue|Road|Rd|Lane|Ln|Drive|Dr|Calle|Blvd)\b\.?"
    ),
    re.compile(r"\+?\d[\d ().:/%-]*\d|\d"),
)
# After a sentence's first word, a capital letter in these languages is nearly always somebody's name.
_CAPITAL = re.compile(r"(?<=[^\s.!?¡¿…:\"“«(\n] )[A-ZÁÉÍÓÚÑÜ][\w'’-]+(?: [A-ZÁÉÍÓÚÑÜ][\w'’-]+)*")
_TITLED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Miss|Dr|Sr|Sra|Srta|Don|Doña|Señora?|Dear|Hi|Hello|Hola|Estimad[oa])\.?,? )"
    r"([A-ZÁÉÍÓÚÑÜ][\w'’-]+(?: [A-ZÁÉÍÓÚÑÜ][\w'’-]+)*)"
)
_ASK = (
    "You help a teacher word a message to a family. Keep every fact and every mark like [[1]]. Block blame, "
    "ask the family, be specific, validate, show respect. Plain words, short sentences, the language of the "
    "message. Answer with the message alone. What a reader noticed: "
)


@dataclass(frozen=True, slots=True)
class Host:
    """Where the district's model answers (OpenAI-compatible)."""

    url: str
    name: str
    key: str = ""

    @property
    def usable(self) -> bool:
        return urlsplit(self.url).scheme in ("http", "https") and bool(self.name)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without anything personal; mark n stands for ``kept[n - 1]``."""

    text: str
    kept: tuple[str, ...]


def mask(text: str, names: Iterable[str] = ()) -> Masked:
    """Put marks in the place of names, numbers, links and addresses."""
    spans: list[tuple[int, int]] = []
    patterns = [*_PRIVATE, _CAPITAL]
    known = sorted({n.strip() for n in names if len(n.strip()) > 1}, key=len, reverse=True)
    if known:
        patterns.insert(
            0, re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
        )
    for pattern in patterns:
        spans += [match.span() for match in pattern.finditer(text)]
    spans += [match.span(1) for match in _TITLED.finditer(text)]
    pieces: list[str] = []
    kept: list[str] = []
    last = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < last:
            if end > last and kept:  # they overlap: one mark for both
                kept[-1] += text[last:end]
                last = end
            continue
        kept.append(text[start:end])
        pieces += [text[last:start], f"[[{len(kept)}]]"]
        last = end
    return Masked("".join([*pieces, text[last:]]), tuple(kept))


def unmask(text: str, kept: Sequence[str]) -> str | None:
    """The words with everything back in its place; None where a mark is missing or was invented."""
    found = [int(number) for number in _MARK.findall(text)]
    if sorted(set(found)) != list(range(1, len(kept) + 1)):
        return None
    return _MARK.sub(lambda match: kept[int(match.group(1)) - 1], text)


def reword(
    text: str, findings: Sequence[Finding], *, host: Host, names: Iterable[str] = ()
) -> str | None:
    """Another wording of the message by the district's model; None whenever there is none to trust."""
    if not host.usable or not findings or _MARK.search(text):
        return None
    masked = mask(text[:MOST], names)
    noticed = ", ".join(sorted({one.rule.value for one in findings}))
    body = {
        "model": host.name,
        "temperature": 0.2,
        "messages": [
            {"role": "system", "content": _ASK + noticed},
            {"role": "user", "content": masked.text},
        ],
    }
    said = _ask(host, body)
    return unmask(said.strip(), masked.kept) if said else None


def _ask(host: Host, body: object) -> str | None:
    request = urllib.request.Request(  # noqa: S310 http and https only: see Host.usable
        f"{host.url.rstrip('/')}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {host.key}"} if host.key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            raw = json.loads(answer.read(_LONGEST_ANSWER))
        said = raw["choices"][0]["message"]["content"]
    except (OSError, ValueError, KeyError, IndexError, TypeError, urllib.error.URLError):
        return None
    return said if isinstance(said, str) and len(said) <= 2 * MOST else None
