"""What a person newly wrote in a mail: the quoted mail below it, and the phone's signature, cut off."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any

import quotequail
from lxml import etree, html

from bothways.channels.mail.headers import decoded

MOST = 40_000  # characters; what is longer is kept in the mailbox
_MOST_PARTS = 200
_LONGEST_LINE = 2_000
_UNSEEN = frozenset(["script", "style", "head", "title", "template"])
_BREAKS = frozenset(
    ["p", "div", "br", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "hr"]
)
_PARSER = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
# Where mail programs wrap what they quote.
_QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote")
_QUOTE_IDS = ("divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container")
_SENT_FROM = re.compile(
    r"^\W*(?:sent from (?:my|yahoo|outlook|mail for|samsung|the)\b|get outlook for|enviado desde (?:mi|un)\b"
    r"|envoyé (?:de|depuis) mon|enviado do meu|gesendet von|von meinem .{3,30} gesendet"
    r"|отправлено с|gửi từ|发自我的|從我的|发送自|تم الإرسال من|أرسلت من|ارسال شده از|나의 .{2,20}에서 보냄"
    r"|ipinadala mula sa|voye depi|inviato da|obtener outlook para|télécharger outlook pour)",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^\s*>")
_DELIMITER = re.compile(r"^--\s?$")
_MANY_BREAKS = re.compile(r"\n{3,}")
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff]")


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a mail, and how many files came with it."""

    text: str
    attachments: int = 0


def body_of(mail: Message) -> Body:
    """Plain text if there is any, else the HTML as text; never an error."""
    plain: list[str] = []
    pages: list[str] = []
    attachments = 0
    for count, part in enumerate(mail.walk()):
        if count >= _MOST_PARTS:
            break
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        if part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            # Signatures and calendar entries are no files that somebody sent.
            if kind not in ("application/pgp-signature", "application/pkcs7-signature"):
                attachments += 1
        elif kind == "text/html":
            pages.append(_text_of(part))
        elif kind == "text/plain":
            plain.append(_text_of(part))
    text = "\n".join(plain).strip()
    if not text:
        text = "\n".join(html_as_text(page) for page in pages)
    return Body(_tidied(text), attachments)


def _text_of(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    return decoded(raw[: MOST * 8], part.get_content_charset())[: MOST * 4]


def _tidied(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "\n".join(line[:_LONGEST_LINE].rstrip() for line in text.split("\n"))
    return _MANY_BREAKS.sub("\n\n", _INVISIBLE.sub("", text)).strip()[:MOST]


def new_words(text: str, ours: Iterable[str]) -> str:
    """The words above, below or between what is quoted; all of the text where that cannot be told.

    ``ours``: addresses that our mails come from. Whatever its language, the line with which a mail program
    begins a quotation names one of them.
    """
    lines = text.split("\n")
    begins = _quotation(lines, tuple(address.casefold() for address in ours))
    if begins is None:
        own = lines
    else:
        above, quoted = lines[:begins], lines[begins:]
        below = _unmarked(quoted)
        own = [*above, "", *below]
    words = _without_signature([line for line in own if not _MARKED.match(line)])
    # Better too much than nothing of what a family wrote.
    return words or ("" if begins == 0 else text.strip())


def _quotation(lines: list[str], ours: tuple[str, ...]) -> int | None:
    """The first line that is no longer the writer's."""
    begins: list[int] = []
    for number, line in enumerate(lines):
        if _MARKED.match(line):
            begins.append(_introduction(lines, number))
            break
        if any(address in line.casefold() for address in ours) and _introduces(lines, number):
            # "On Monday, 13 September, Grand Bend\n<families@…> wrote:" began a line before.
            wrapped = number > 0 and line.lstrip().startswith("<") and lines[number - 1].strip()
            begins.append(number - 1 if wrapped else number)
            break
    found = quotequail.quote("\n".join(lines), limit=len(lines) + 1, quote_intro_line=True)
    if len(found) > 1:
        begins.append(found[0][1].count("\n") + 1 if found[0][1] else 0)
    return min(begins, default=None)


def _introduction(lines: list[str], marked: int) -> int:
    """Where the line with date and name stands above the first “>”, in whatever language; else that one."""
    for number in range(marked - 1, max(-1, marked - 4), -1):
        line = lines[number].strip()
        if line.endswith((":", "：")) and len(re.findall(r"\d", line)) >= 3:
            return number
        if line:
            break
    return marked


def _introduces(lines: list[str], number: int) -> bool:
    """“… wrote:” ends in a colon, here or on the next line; “From: …” has one at its beginning."""
    line = lines[number].strip()
    after = lines[number + 1].strip() if number + 1 < len(lines) else ""
    begins = re.match(r"[*_]?[^\s:：]{1,20}\s?[:：]", line)
    return line.endswith((":", "：")) or after.endswith((":", "：")) or begins is not None


def _unmarked(quoted: list[str]) -> list[str]:
    """What was written below or between lines that a mail program marked with “>”."""
    marked = [number for number, line in enumerate(quoted) if _MARKED.match(line)]
    if not marked:
        return []  # quoted without marks: it cannot be told apart
    return [line for line in quoted[marked[0] :] if not _MARKED.match(line)]


def _without_signature(lines: list[str]) -> str:
    for number, line in enumerate(lines):
        if _DELIMITER.match(line) and any(lines[:number]):
            lines = lines[:number]
            break
    while lines and (not lines[-1].strip() or _SENT_FROM.match(lines[-1])):
        lines = lines[:-1]
    return _MANY_BREAKS.sub("\n\n", "\n".join(lines)).strip()


def html_as_text(page: str) -> str:
    """The words of a page, as lines; what it quotes marked with “>”.

    lxml, not Python's own reader: that one takes minutes for a page made to hold it up.
    """
    if not page.strip():
        return ""
    try:
        tree = html.document_fromstring(page.replace("\x00", "").encode(errors="replace"), _PARSER)
    except (etree.LxmlError, ValueError, AssertionError):
        return ""
    text = _Text()
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            text.begin(element)
        elif event == "end":
            text.end(element)
        text.say(element.tail if event != "start" else element.text)
    return _tidied("".join(text.pieces))


class _Text:
    """Words gathered in the order of the page."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._hidden = 0
        self._quoted = 0

    def begin(self, element: Any) -> None:
        self._hidden += element.tag in _UNSEEN
        self._quoted += _quotes(element)
        self._break(element)

    def end(self, element: Any) -> None:
        self._hidden -= element.tag in _UNSEEN
        self._quoted -= _quotes(element)
        self._break(element)

    def say(self, words: str | None) -> None:
        if self._hidden or not words:
            return
        words = re.sub(r"\s+", " ", words)
        at_start = not self.pieces or self.pieces[-1].endswith("\n")
        if at_start:
            words = words.lstrip()
        if words:
            self.pieces.append(f"> {words}" if self._quoted and at_start else words)

    def _break(self, element: Any) -> None:
        if element.tag in _BREAKS and self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append("\n")


def _quotes(element: Any) -> bool:
    names = (element.get("class") or "").casefold().split()
    return (
        element.tag == "blockquote"
        or any(name in names for name in _QUOTES)
        or (element.get("id") or "").casefold() in _QUOTE_IDS
    )
