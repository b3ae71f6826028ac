"""The pages for what went wrong: on our side, the database that is away told apart; and what is too much."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TRY_AGAIN_AFTER = 30  # seconds; for browsers and balancers


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 for a form that holds more than one may send, 400 for a request that cannot be read."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    most = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024**2
    page = render_to_string("400.html", {"too_much": too_much, "most": most})
    return HttpResponse(page, status=413 if too_much else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """503 while the database does not answer, 500 for a fault of ours."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        # Without the request: who is signed in is known to the database alone.
        page = HttpResponse(render_to_string("503.html"), status=503)
        page["Retry-After"] = str(TRY_AGAIN_AFTER)
        return page
    return HttpResponse(render_to_string("500.html"), status=500)
