"""A family's browser without JavaScript: open a page, fill in a form, press a named button."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

_MOST: Final = 2_000_000  # bytes of a page that are read
_BUTTONS: Final = frozenset({"submit", "image"})


@dataclass(slots=True)
class Form:
    """A form as it would be sent untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # every field that can be filled in
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: (value, own action)

    def filled(self, values: dict[str, str], button: str) -> list[tuple[str, str]]:
        """What the browser sends when ``values`` are typed and ``button`` is pressed."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        return [*kept, *values.items(), (button, self.buttons[button][0])]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._text: list[str] = []
        self._select: str | None = None
        self._chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get").lower())
            self.forms.append(self._form)
            return
        form = self._form
        if form is None:
            return
        name = has.get("name", "")
        if tag == "option" and self._select is not None:
            if self._chosen is None or "selected" in has:
                self._chosen = has.get("value", "")
            return
        if not name or "disabled" in has:
            return
        if tag == "button" and has.get("type", "submit").lower() == "submit":
            form.buttons[name] = (has.get("value", ""), has.get("formaction", ""))
        elif tag == "input":
            kind = has.get("type", "text").lower()
            if kind in _BUTTONS:
                form.buttons[name] = (has.get("value", ""), has.get("formaction", ""))
            elif kind in ("checkbox", "radio"):
                if "checked" in has:
                    form.fields.append((name, has.get("value", "on")))
            elif kind not in ("button", "reset", "file"):
                form.names.add(name)
                form.fields.append((name, has.get("value", "")))
        elif tag == "textarea":
            form.names.add(name)
            self._area, self._text = name, []
        elif tag == "select":
            self._select, self._chosen = name, None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None and self._form is not None:
            self._form.fields.append((self._area, "".join(self._text).removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select is not None and self._form is not None:
            self._form.fields.append((self._select, self._chosen or ""))
            self._select = None
        elif tag == "form":
            self._form = None


def read_forms(html: str) -> list[Form]:
    """The forms of a page, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.forms


@dataclass(frozen=True, slots=True)
class Visit:
    """How it went. ``again`` when trying later makes sense."""

    done: bool
    why: str = ""
    again: bool = False


class Browser:
    """One fresh browser for each visit, over shared connections."""

    def __init__(self) -> None:
        self._connector: aiohttp.TCPConnector | None = None

    async def press(self, url: str, button: str, values: dict[str, str]) -> Visit:
        """Open ``url``, fill in ``values`` and press the button of that name."""
        if urlsplit(url).scheme not in ("http", "https"):
            return Visit(False, "not a web address")
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(limit=64)
        session = aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # cookies of 127.0.0.1 too
            timeout=aiohttp.ClientTimeout(total=15),
            headers={"User-Agent": "Mozilla/5.0 (family's phone)", "Accept": "text/html"},
        )
        try:
            async with session:
                return await self._press(session, url, button, values)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Visit(False, type(error).__name__, again=True)
        except ValueError as error:
            return Visit(False, f"unusable page: {error}")

    async def _press(
        self, session: aiohttp.ClientSession, url: str, button: str, values: dict[str, str]
    ) -> Visit:
        async with session.get(URL(url, encoded=True)) as answer:
            page, here = await _page(answer), str(answer.url)
            if answer.status != 200:
                return _refused(answer.status)
        form = next(
            (f for f in read_forms(page) if button in f.buttons and f.names >= values.keys()), None
        )
        if form is None:
            return Visit(False, f"no form with the button “{button}”")
        if form.method != "post":
            return Visit(False, f"the form with the button “{button}” is not sent by POST")
        action = urljoin(here, form.buttons[button][1] or form.action or here)
        async with session.post(
            action, data=form.filled(values, button), headers={"Referer": here}
        ) as answer:
            await _page(answer)
            return Visit(True) if answer.status < 400 else _refused(answer.status)

    async def close(self) -> None:
        if self._connector is not None:
            await self._connector.close()


def _refused(status: int) -> Visit:
    return Visit(False, f"status {status}", again=status >= 500 or status == 429)


async def _page(answer: aiohttp.ClientResponse) -> str:
    """The page's text; only the beginning of one that is too long."""
    parts, size = [], 0
    async for part in answer.content.iter_chunked(65536):
        parts.append(part)
        size += len(part)
        if size > _MOST:
            break
    return b"".join(parts).decode("utf-8", "replace")
