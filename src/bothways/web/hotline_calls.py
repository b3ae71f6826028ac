"""Where the carrier asks what a caller of the homework hotline hears."""

import logging
from urllib.parse import parse_qsl

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from bothways.channels.services import values_of
from bothways.channels.twilio import twiml
from bothways.channels.twilio.signature import genuine
from bothways.hotline.services.calls import CARRIER, answer
from bothways.web.hooks import public_url

log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200


@csrf_exempt
def call(request: HttpRequest, step: str = "") -> HttpResponse:
    """The next words of a call.

    400 unreadable; 403 forged; 404 no such step, or a state that is not ours; 405 no form; 413 too large;
    503 where no calls are set up, or not now.
    """
    if request.method != "POST":
        return _refused(405)
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > _MOST_BYTES:
            return _refused(413)
        body = request.read(_MOST_BYTES + 1)
        fields = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except (UnreadablePostError, OSError, ValueError):
        return _refused(400)
    if len(body) > _MOST_BYTES:
        return _refused(413)
    try:
        token = values_of(CARRIER).get("auth_token", "")
        if not token:
            return _refused(503)
        signature = request.headers.get("X-Twilio-Signature", "")
        if not genuine(signature, token, public_url(request), fields):
            return _refused(403)
        told = {name: value.replace("\x00", "") for name, value in fields}
        words = answer(step, told, request.GET.get("s", ""))
    except (OperationalError, InterfaceError):
        log.warning("hotline: the database is away; the caller may try again")
        return _refused(503)
    if words is None:
        return _refused(404)
    return HttpResponse(words, content_type=twiml.CONTENT_TYPE)


def _refused(status: int) -> HttpResponse:
    """Counted by a line without who called."""
    log.warning("hotline call refused: %d", status)
    return HttpResponse(status=status, content_type="text/plain")
