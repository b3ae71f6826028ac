"""The HTML of every page there is: each row of the access tables, as the first who may open it gets it."""

from collections.abc import Callable, Iterator
from typing import cast as typed

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bothways.accounts.models import User
from bothways.core import clock
from bothways.hotline.enums import Source
from bothways.hotline.services.posting import put
from bothways.messaging.models import Delivery
from bothways.messaging.services.sounds import record_version
from people import Cast
from web.family import access_rows
from web.family.homes import open_pages, works
from web.happenings import Happened, to
from web.test_access import ROWS, THROTTLES, Row

Named = tuple[str, str]  # what is asked for, the HTML that came


def staff_pages(cast: Cast, did: Happened, *, language: str = "en") -> Iterator[Named]:
    """One page a row; what a row changes is taken back before the next."""
    people = cast.by_role()
    for row in ROWS:
        role = next((role for role, status in row.expected.items() if status in (200, 422)), None)
        if row.expected[role] in (302, 405, 503):
            continue  # nothing to look at
        asked = _asking(row, cast, did)
        if html := _html(people[role], asked, language):
            yield f"{row.method} {row.name}", html


def _asking(row: Row, cast: Cast, did: Happened) -> Callable[[Client], HttpResponse]:
    def ask(client: Client) -> HttpResponse:
        path = reverse(row.name, kwargs=row.kwargs(cast, did))
        data = {name: value.format(emily=cast.emily.pk) for name, value in (row.data or {}).items()}
        return typed(HttpResponse, getattr(client, row.method)(path, data))

    return ask


def _html(user: User | None, ask: Callable[[Client], HttpResponse], language: str) -> str:
    client = Client()
    client.cookies["django_language"] = language
    if user is not None:
        client.force_login(user)
    for throttle in THROTTLES:
        throttle.forget()
    try:
        with transaction.atomic():
            answer = ask(client)
            raise _TakenBack
    except _TakenBack:
        pass
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.content.decode() if is_page else ""


class _TakenBack(Exception):
    pass


def family_pages(cast: Cast, did: Happened, *, language: str = "") -> Iterator[Named]:
    """The pages that a code opens, the door, and all that lies behind it for Nour’s father Karim."""
    tag = f"?lang={language}" if language else ""
    letter = to(did.message, cast.nours_home)
    for method, path, _statuses in access_rows.ROWS:
        asked = path(letter)
        if asked.startswith("/home/") and not asked.startswith(("/home/enter", "/home/code")):
            continue  # behind the door: below
        html = _family_html(Client(), method, asked + tag)
        if html:
            yield f"{method} {asked.replace(letter.code, 'code')}", html
    yield from _behind_the_door(cast, letter, tag)


def _behind_the_door(cast: Cast, letter: Delivery, tag: str) -> Iterator[Named]:
    works(cast.karim)
    put(
        section=cast.room_12,
        day=clock.today(cast.district.timezone),
        bodies={"en": "Read pages 4 to 9.", "ar": "اقرأوا الصفحات ٤ إلى ٩."},
        due=None,
        by=cast.mrs_c,
        source=Source.WEB,
        language="en",
    )
    version = letter.message.versions.get(language="ar")
    record_version(version=version, data=b"ID3 spoken", by=cast.mrs_c)
    his = open_pages(cast.karim)
    yield "GET /r/code, heard", _family_html(his, "GET", f"/r/{letter.code}{tag}")
    for path in ("/home", *(f"/home/{name}" for name in _INSIDE), f"/home/child/{cast.nour.pk}"):
        for method in ("GET", "POST"):
            if html := _family_html(his, method, path + tag):
                yield f"{method} {path.replace(str(cast.nour.pk), 'nour')}", html
    yield "GET /home of a student", _family_html(open_pages(cast.nour), "GET", f"/home{tag}")


_INSIDE = (
    "ways",
    "language",
    "quiet",
    "help",
    "welcome",
    "record",
    "hard",
    "cases",
    "said",
    "sent",
    "looked",
    "devices",
    "take",
)


def _family_html(client: Client, method: str, path: str) -> str:
    for throttle in THROTTLES:
        throttle.forget()
    answer = getattr(client, method.lower())(path)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.content.decode() if is_page else ""
