"""The street: a page that shows phones, mailboxes and letters, and lets a person answer by hand."""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from bothways.sandbox.contacts import Contact, Happening
from bothways.sandbox.requests import Unreadable, read_body
from bothways.sandbox.world import World

DOORS: Final = 30  # addresses on a page
THINGS: Final = 5  # latest messages shown for an address
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NAMES: Final = {
    "text": "Phone",
    "voice": "Phone, called by a machine",
    "whatsapp": "WhatsApp",
    "push": "Phone's lock screen",
    "email": "Mailbox",
    "letter": "Letter box",
    "handover": "Letters handed over",
}
_GOOD: Final = frozenset({"person", "machine", "delivered", "seen", "answered", "started"})
_LABELS: Final = {
    "delivered": "delivered",
    "returned": "comes back",
    "nothing": "sent, never heard of again",
    "landline": "a landline: cannot be texted",
    "blocked": "refused: the family texted STOP",
    "invalid": "refused: not a phone number",
    "missed": "nobody was met",
    "person": "a person picked up",
    "machine": "an answering machine picked up",
    "none": "nobody picked up",
    "seen": "made the gesture",
    "answered": "answered",
    "stopped": "said stop",
    "started": "said start",
    "gave_up": "could not open the page",
}


def routes(world: World) -> list[web.RouteDef]:
    """The page, its style sheet, the printed letters, and the forms for answering by hand."""
    street = _Street(world)
    return [
        web.get("/", street.page),
        web.get("/street.css", street.css),
        web.get("/paper/{name}", street.paper),
        web.post("/street/answer", street.answer),
    ]


class _Street:
    def __init__(self, world: World) -> None:
        self.world = world
        # In every form: a page elsewhere cannot read it, so it cannot press these buttons.
        self._form_token = secrets.token_urlsafe(16)
        self._notice = ""
        self._css = files("bothways.sandbox").joinpath("street.css").read_text("utf-8")

    async def css(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=self._css, content_type="text/css")

    async def paper(self, request: web.Request) -> web.StreamResponse:
        """The printed PDF of a batch."""
        name = request.match_info["name"]
        if name.removesuffix(".pdf") + ".json" not in self.world.tray.done:
            raise web.HTTPNotFound
        path = self.world.tray.folder / name
        if path.parent != self.world.tray.folder or path.suffix != ".pdf" or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})

    async def page(self, request: web.Request) -> web.StreamResponse:
        if not _is_own_name(request.host):
            return web.Response(status=400, text="Open this page by its own address.")
        query = request.query
        wanted = query.get("q", "").strip()
        number, refresh = _number(query.get("page", "1")), _number(query.get("refresh", "0"))
        notice, self._notice = self._notice, ""
        html = "".join(self._html(wanted, max(1, number), refresh, notice))
        return web.Response(text=html, content_type="text/html", headers=_HEADERS)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        try:
            raw = (await read_body(request, 100_000)).decode("utf-8")
            form = dict(parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=20))
        except Unreadable as error:
            return web.Response(status=error.status, text=str(error))
        except ValueError:
            return web.Response(status=400, text="This form cannot be read.")
        if not _is_own_name(request.host) or not hmac.compare_digest(
            form.get("token", "").encode(), self._form_token.encode()
        ):
            return web.Response(status=403, text="Open the street again and use its own form.")
        contact = self._contact(form.get("contact", ""))
        words = form.get("words", "").strip()
        way = next((w for w in ("text", "whatsapp", "page", "slip") if w in form), "")
        if contact is None or way not in ways_to_answer(contact):
            return web.Response(status=400, text="This message cannot be answered in that way.")
        why = await self.world.people.act(contact, way, words)
        if why:
            self._notice = f"That did not work: {why}. It is tried again later if that makes sense."
        raise web.HTTPSeeOther("/?" + urlencode({"q": form.get("q", "")}))

    def _contact(self, number: str) -> Contact | None:
        every = self.world.contacts.all
        if not (number.isascii() and number.isdigit() and len(number) < 12):
            return None
        return every[int(number)] if int(number) < len(every) else None

    def _html(self, wanted: str, number: int, refresh: int, notice: str) -> Iterator[str]:
        world = self.world
        now = world.clock.now().astimezone(world.clock.zone)
        start = (number - 1) * DOORS
        doors = list(islice(self._doors(wanted), start, start + DOORS + 1))
        yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        if refresh:
            yield f'<meta http-equiv="refresh" content="{min(max(refresh, 2), 3600)}">'
        yield "<title>The street · Bothways sandbox</title>"
        yield '<link rel="stylesheet" href="/street.css">'
        yield "</head><body><main><h1>The street</h1>"
        yield (
            f'<p class="lead">It is {now:%A, %d %B %Y, %H:%M} in the town. '
            f"{len(world.contacts.all):,} messages for {len(world.contacts.by_address):,} "
            "addresses; "
            f"{len(world.agenda):,} things are going to happen. Nothing here reaches a family: this "
            "is a sandbox, and you can answer for anyone.</p>"
        )
        if notice:
            yield f'<p class="note" role="status">{escape(notice)}</p>'
        yield (
            '<form class="find" role="search" action="/" method="get"><div><label for="q">Find an '
            'address, a guardian or words</label><input id="q" name="q" type="search" '
            f'value="{escape(wanted)}"></div><button class="first">Find</button></form>'
        )
        if not doors:
            why = "Nothing here has these words." if wanted else "No message has come here yet."
            yield f'<p class="note">{why}</p>'
        yield '<div class="doors">'
        for things in doors[:DOORS]:
            yield from self._door(things, wanted)
        yield '</div><nav class="pages" aria-label="Pages">'
        if number > 1:
            yield f'<a href="/?{_page(wanted, number - 1)}">Newer</a>'
        if len(doors) > DOORS:
            yield f'<a href="/?{_page(wanted, number + 1)}">Older</a>'
        yield "</nav></main></body></html>"

    def _doors(self, wanted: str) -> Iterator[list[Contact]]:
        """Addresses with what came there, the newest first."""
        word = wanted.casefold()
        for things in reversed(self.world.contacts.by_address.values()):
            if not word or any(_has(thing, word) for thing in things):
                yield things

    def _door(self, things: list[Contact], wanted: str) -> Iterator[str]:
        newest = things[-1]
        who = f" · {escape(newest.who)}" if newest.who else ""
        title = escape(newest.to.replace("\n", ", ") or newest.who or "someone")
        name = _NAMES.get(newest.channel, newest.channel)
        yield f'<section class="door"><h2><bdi>{title}</bdi></h2><p class="about">{name}{who}</p>'
        for thing in reversed(things[-THINGS:]):
            yield from self._thing(thing)
            if thing is newest or newest.channel != "text":
                yield from self._answer_form(thing, wanted)
        if len(things) > THINGS:
            yield f'<p class="thing about">and {len(things) - THINGS:,} earlier</p>'
        yield "</section>"

    def _thing(self, thing: Contact) -> Iterator[str]:
        at = thing.at.astimezone(self.world.clock.zone)
        yield f'<div class="thing"><time>{at:%a %d %b, %H:%M}</time> {_fate(thing)}'
        if thing.purpose:
            yield f' <span class="tag">{escape(thing.purpose)}</span>'
        yield f'<p class="words" dir="auto">{escape(thing.body)}</p>'
        links = []
        if thing.link.startswith(("http://", "https://")):
            links.append(
                f'<a href="{escape(thing.link)}" rel="noreferrer noopener" target="_blank">'
                "Open the reply page</a>"
            )
        if thing.ticket:
            pdf = escape(thing.ticket.removesuffix(".json") + ".pdf")
            links.append(f'<a href="/paper/{pdf}#page={thing.page}">See it in print</a>')
        if thing.code:
            links.append(
                f'<span class="about">Code <bdi dir="ltr">{escape(thing.code)}</bdi></span>'
            )
        yield f"<p>{' · '.join(links)}</p>" if links else ""
        yield from (self._happening(one) for one in thing.happenings)
        yield "</div>"

    def _happening(self, one: Happening) -> str:
        at = one.at.astimezone(self.world.clock.zone)
        words = f' <span dir="auto">{escape(one.words)}</span>' if one.words else ""
        return f'<p class="said"><time>{at:%a %d %b, %H:%M}</time> {_tag(one.what)}{words}</p>'

    def _answer_form(self, thing: Contact, wanted: str) -> Iterator[str]:
        ways = ways_to_answer(thing)
        if not ways:
            return
        field = f"words-{thing.number}"
        yield '<form class="answer" method="post" action="/street/answer">'
        for name, value in (
            ("token", self._form_token),
            ("contact", str(thing.number)),
            ("q", wanted),
        ):
            yield f'<input type="hidden" name="{name}" value="{escape(value)}">'
        yield f'<label for="{field}">Words (leave empty for the bare gesture)</label>'
        yield f'<input id="{field}" name="words" maxlength="1600" dir="auto" autocomplete="off">'
        yield '<div class="acts">'
        buttons = {
            "text": "Text back",
            "whatsapp": "Answer in WhatsApp",
            "page": "Answer on the reply page",
            "slip": "Return the slip",
        }
        for way in ways:
            yield f'<button name="{way}" value="1">{buttons[way]}</button>'
        yield "</div></form>"


def ways_to_answer(thing: Contact) -> list[str]:
    """What a person can do with this message: text, page, slip."""
    if thing.channel == "text":
        return ["text"] if thing.sid else []
    if thing.channel == "whatsapp":
        return ["whatsapp"] if thing.outcome == "delivered" else []
    ways = ["page"] if thing.link and thing.outcome != "bounced" else []
    if thing.channel in ("letter", "handover"):
        ways.append("slip")
    return ways


def _has(thing: Contact, word: str) -> bool:
    texts: Iterable[str] = (thing.to, thing.who or "", thing.ref or "", thing.body, thing.code)
    return any(word in text.casefold() for text in texts) or any(
        word in one.words.casefold() for one in thing.happenings
    )


def _tag(what: str) -> str:
    mood = "good" if what in _GOOD else "bad"
    return f'<span class="tag {mood}">{escape(_LABELS.get(what, what))}</span>'


def _fate(thing: Contact) -> str:
    """What became of it, without telling beforehand that it will arrive."""
    if thing.outcome in ("delivered", "arrives"):
        return "" if thing.happenings else '<span class="tag">on its way</span>'
    return _tag(thing.outcome)


def _page(wanted: str, number: int) -> str:
    return escape(urlencode({"q": wanted, "page": number}))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _is_own_name(host: str) -> bool:
    """An IP address or localhost: a foreign name that leads here is a trick on the browser."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name == "localhost" or name.startswith("[") or name.replace(".", "").isdigit()
