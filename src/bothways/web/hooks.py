"""Where carriers report: kept first, answered then, understood later.

A carrier that gets no 2xx tells again; so an event is answered with 200 only when it is in the database.
"""

import logging
import time
from collections.abc import Mapping

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.encoding import escape_uri_path
from django.views.decorators.csrf import csrf_exempt

from bothways.channels.contract import Carrier, HookRequest, HookResponse, Misconfigured
from bothways.channels.registry import CARRIERS
from bothways.channels.services import store
from bothways.channels.whatsapp import hooks as whatsapp
from bothways.channels.whatsapp.carrier import WhatsAppCarrier
from bothways.core import jobs
from bothways.messaging.carriers import with_words
from bothways.messaging.tasks import WAKE_EVERY

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
# Meta gathers up to a thousand news in one call, and tells all again where it is refused.
MOST_OF = {WhatsAppCarrier.name: whatsapp.MOST_BYTES}
# Settings are read again after so many seconds: a changed password is known soon, and a burst of a
# hundred thousand receipts does not ask for it a hundred thousand times.
SETTINGS_FOR = 5.0

# Carriers that are told where to report have a place for it among their settings; the others have no hook.
HOOKED = frozenset(
    name
    for name, kind in CARRIERS.items()
    if any(setting.name == "webhook_path" for setting in kind.settings)
)

_carriers: dict[str, tuple[float, Carrier]] = {}
_woken = -WAKE_EVERY


@csrf_exempt
def receive(request: HttpRequest, carrier: str, rest: str) -> HttpResponse:
    """Take in what a carrier tells.

    200 stored; 400 unreadable; 403 forged; 404 no such carrier or path; 413 too large; 503 not now.
    """
    if carrier not in HOOKED:
        return _refused(carrier, HookResponse(404))
    try:
        body = _body(request, MOST_OF.get(carrier, MOST_BYTES))
    except _TooLarge:
        return _refused(carrier, HookResponse(413, "too large"))
    except (UnreadablePostError, OSError, ValueError):
        return _refused(carrier, HookResponse(400, "broken off"))
    try:
        answer = _carrier(carrier).handle(
            HookRequest(
                url=public_url(request),
                method=request.method or "",
                headers=_headers(request.META),
                body=body,
            )
        )
        if answer.events:
            store(carrier, answer.events)
    except Misconfigured as error:
        log.warning("hook %s: %s", carrier, error)
        return HttpResponse(status=503)
    except (OperationalError, InterfaceError):
        log.warning("hook %s: the database is away; the carrier will tell again", carrier)
        return HttpResponse(status=503)
    if answer.events:
        _wake()
    if answer.status >= 400:
        return _refused(carrier, answer)
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


def forget_settings() -> None:
    """Read the carriers' settings again at the next call."""
    _carriers.clear()


def _wake() -> None:
    """Have the events applied. They are safe already: the next minute's tick finds them anyway."""
    global _woken
    now = time.monotonic()
    if now - _woken < WAKE_EVERY:
        return  # the job that was asked for then looks once more after this time
    _woken = now
    try:
        jobs.enqueue("messaging.apply", once="messaging-apply")
    except Exception:
        log.warning("hook: no job could be left; the events wait for the next minute")


class _TooLarge(Exception):
    pass


def _body(request: HttpRequest, most: int) -> bytes:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > most:
        raise _TooLarge
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise _TooLarge
    return body


def _carrier(name: str) -> Carrier:
    now = time.monotonic()
    until, carrier = _carriers.get(name, (0.0, None))
    if carrier is None or now >= until:
        carrier = with_words(name)
        _carriers[name] = (now + SETTINGS_FOR, carrier)
    return carrier


def public_url(request: HttpRequest) -> str:
    """The address as the carrier called it: a proxy in front shows us another, and would break signatures."""
    query = request.META.get("QUERY_STRING", "")
    path = escape_uri_path(request.path_info)
    return f"{settings.PUBLIC_URL}{path}{'?' if query else ''}{query}"


def _headers(meta: Mapping[str, object]) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in meta.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = str(meta.get("CONTENT_TYPE", ""))
    return headers


def _refused(carrier: str, answer: HookResponse) -> HttpResponse:
    """Counted by a line without what was sent: it may be anybody's words."""
    log.warning("hook %.20r refused: %d", carrier, answer.status)
    return HttpResponse(answer.body, status=answer.status, content_type="text/plain")
