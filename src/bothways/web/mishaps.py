"""The page for what went wrong on our side: that the database is away is told apart, and told as it is."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TRY_AGAIN_AFTER = 30  # seconds; for browsers and balancers


def broken(request: HttpRequest) -> HttpResponse:
    """503 while the database does not answer, 500 for a fault of ours."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        # Without the request: who is signed in is known to the database alone.
        page = HttpResponse(render_to_string("503.html"), status=503)
        page["Retry-After"] = str(TRY_AGAIN_AFTER)
        return page
    return HttpResponse(render_to_string("500.html"), status=500)
