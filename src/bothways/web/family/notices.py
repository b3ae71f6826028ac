"""“Also tell me on this phone”: notices of new messages, for whoever holds this link."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.http import require_safe

from bothways.channels.contract import Subscription
from bothways.channels.push.hosts import MOST_CHARACTERS
from bothways.channels.subscriptions import NotUsable, public_key
from bothways.core import clock
from bothways.messaging.models import Delivery, Recipient
from bothways.people.agreed import agree_to_notices, end_notices
from bothways.people.models import Guardian
from bothways.web.family import codes, frame
from bothways.web.family.forms import Form, is_ours, new_form
from bothways.web.family.opening import Opened, open_at, sent_with
from bothways.web.throttle import Throttle, visitor

MOST_BYTES = 4096
_MOST_KEY = 200

# Somebody presses a button and thinks again; a machine with a link could fill our tables.
asking = Throttle(most=10, within=600)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page needs to offer notices."""

    key: str  # the public key that browsers subscribe to
    form: Form


def offer(opened: Opened) -> Offer | None:
    """None where notices are not set up, or nobody knows who would get them."""
    key = public_key()
    if not key or opened.expired or reader_of(opened.delivery) is None:
        return None
    return Offer(key, new_form(opened.delivery.code))


def reader_of(delivery: Delivery) -> Guardian | None:
    """The one adult whom this delivery served: of a letter to two nobody knows whose phone this is."""
    ids = Recipient.objects.filter(delivery=delivery).values("link__guardian")
    adults = list(Guardian.objects.filter(pk__in=ids, ended_at=None)[:2])
    return adults[0] if len(adults) == 1 else None


@frame.family_page
def notices(request: HttpRequest, typed: str) -> HttpResponse:
    """Take in a browser's agreement or its end: JSON in, a bare status out. 204 done."""
    if frame.misses.full(who := visitor(request)):
        return HttpResponse(status=429)
    code = codes.read(typed)
    delivery = sent_with(code) if code else None
    opened = open_at(delivery, clock.now()) if delivery else None
    if opened is None or request.method != "POST":
        if code is not None and delivery is None:
            frame.misses.count(who)
        return HttpResponse(status=404)
    told = _read(request)
    if told is None:
        return HttpResponse(status=422)
    if not is_ours(request, opened.delivery.code, _text(told, "form"), _text(told, "proof")):
        return HttpResponse(status=403)
    if asking.full(name := str(opened.delivery.pk)):
        return HttpResponse(status=429)
    asking.count(name)
    endpoint = _text(told, "endpoint", MOST_CHARACTERS)
    if told.get("stop") is True:
        end_notices(endpoint=endpoint)
        return HttpResponse(status=204)
    reader = reader_of(opened.delivery)
    if reader is None or opened.expired:
        return HttpResponse(status=404)
    try:
        agree_to_notices(
            guardian=reader,
            subscription=Subscription(endpoint, _text(told, "p256dh"), _text(told, "auth")),
        )
    except NotUsable:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


def _read(request: HttpRequest) -> dict[str, object] | None:
    try:
        body = request.body
    except (RequestDataTooBig, UnreadablePostError):
        return None
    if len(body) > MOST_BYTES:
        return None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _text(told: dict[str, object], name: str, most: int = _MOST_KEY) -> str:
    """The text of this name; "" where it is none, or longer than any can be."""
    value = told.get(name)
    return value if isinstance(value, str) and len(value) <= most and value.isascii() else ""


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows notices. At the top, since a worker may only serve what lies below it."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _script() -> bytes:
    return files("bothways.web").joinpath("static", "sw.js").read_bytes()
