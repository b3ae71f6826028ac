"""What every page of a family has in common: its headers, its language, its way of going wrong."""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bothways.schools.models import District
from bothways.web.family import tongues
from bothways.web.family.wording import Words
from bothways.web.throttle import Shared

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

# Well-formed codes that open nothing: a slip of the pen now and then, or somebody trying.
misses = Shared("code", most=20, within=600)


def family_page(view: View) -> View:
    """Make a view a page that leaks nothing, sets no cookie, and goes wrong in plain words."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @functools.wraps(view)
    def page(request: HttpRequest, *args: str, **named: str) -> HttpResponse:
        try:
            response = view(request, *args, **named)
        except (OperationalError, InterfaceError):
            log.warning("a family's page could not ask the database")
            response = away(request)
        # The address is a key to this message: it must not travel on to where a link leads.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "no-store"
        return response

    return page


def show(
    template: str,
    tag: str,
    values: Mapping[str, object],
    *,
    status: int = 200,
    versions: Sequence[str] = (),
) -> HttpResponse:
    """Render a page of the family's side in this language.

    Without the request: whoever is signed in on this machine, the page is the same and asks no session.
    """
    words = Words(tag)
    frame = {
        "t": words,
        "lang": tag,
        "dir": words.direction,
        "tongues": tongues.switch(tag, versions),
    }
    response = HttpResponse(
        render_to_string(f"family/{template}.html", {**frame, **values}), status=status
    )
    response.headers["Content-Language"] = tag
    return response


def language_of(request: HttpRequest, known: str = "", versions: Sequence[str] = ()) -> str:
    """As asked in the link, else as known of the family, else as the browser says."""
    wish = tongues.asked(request.GET.get("lang", ""), versions)
    return wish or known or tongues.of_browser(request.headers.get("Accept-Language", ""))


def closed(
    request: HttpRequest, *, known: str = "", district: District | None = None
) -> HttpResponse:
    """A wrong code, an old one, one that may not be read any more: all the same page."""
    if district is None:
        districts = list(District.objects.order_by("pk")[:2])
        district = districts[0] if len(districts) == 1 else None
    phone = district.phone if district else ""
    return _notice(request, "page_closed", known=known, status=404, phone=phone)


def too_often(request: HttpRequest) -> HttpResponse:
    """Too many wrong codes from here; nothing was looked up."""
    response = _notice(request, "page_too_often", status=429)
    response.headers["Retry-After"] = str(int(misses.within))
    return response


def away(request: HttpRequest, *, known: str = "", status: int = 503) -> HttpResponse:
    """Not now: nothing is kept yet, nothing is lost, and one press tries again."""
    response = _notice(request, "page_away", known=known, status=status, again=True)
    response.headers["Retry-After"] = "120"
    return response


def _notice(
    request: HttpRequest,
    what: str,
    *,
    status: int,
    known: str = "",
    phone: str = "",
    again: bool = False,
) -> HttpResponse:
    """One sentence, what to do next, and whatever was written."""
    tag = language_of(request, known)
    words = Words(tag)
    posted = request.POST if request.method == "POST" else None
    fields = [
        (name, value)
        for name, value in (posted.items() if posted and again else ())
        if name != "words"
    ]
    return show(
        "notice",
        tag,
        {
            "title": words[what],
            "why": words[f"{what}_why"],
            "kept": posted.get("words", "") if posted else "",
            "again": fields if again and posted else None,
            **call(words, phone),
        },
        status=status,
    )


def call(words: Words, phone: str) -> dict[str, str]:
    """What a template needs to offer a call; nothing without a number."""
    if not phone:
        return {}
    dial = "".join(c for c in phone if c.isascii() and (c.isdigit() or c in "+,;#*"))
    return {"phone": phone, "dial": dial, "call": words.say("page_call_school", phone=phone)}
