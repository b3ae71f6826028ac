"""Sound over the web: to a carrier by a signed address, to staff behind their door."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bothways.messaging.models import Recording
from bothways.messaging.sounds import version_behind

_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})", re.ASCII)


@require_safe
def recorded(request: HttpRequest, token: str) -> HttpResponse:
    """What was recorded for a message, for the carrier that plays it in a call."""
    version = version_behind(token)
    found = Recording.objects.filter(version=version).first() if version else None
    if found is None:
        raise Http404
    return played(request, bytes(found.data), found.content_type)


def played(request: HttpRequest, data: bytes, content_type: str) -> HttpResponse:
    """The sound, or the part of it that was asked for: some browsers play nothing without parts."""
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    start, end = 0, len(data) - 1
    if wanted:
        start = int(wanted[1])
        end = min(int(wanted[2] or end), end)
        if start > end:
            refused = HttpResponse(status=416)
            refused.headers["Content-Range"] = f"bytes */{len(data)}"
            return refused
    response = HttpResponse(
        data[start : end + 1], content_type=content_type, status=206 if wanted else 200
    )
    if wanted:
        response.headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
