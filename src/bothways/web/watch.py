"""The outermost layer of every answer: what it was, by name, and how long it took.

The pages for those who watch machines are answered right here: they need no session, and whoever asks
for them calls the machine by whatever name or number it has.
"""

import logging
import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bothways.web import health, metrics

# Not “bothways.web.watch”: the name says what the lines are.
log = logging.getLogger("bothways.web.requests")

PAGES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": health.livez,
    "/healthz": health.healthz,
    "/metrics": metrics.metrics,
}
NONE = "none"  # an address that is no page, or a file


class WatchMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # One line a request, where somebody wants it: a burst of receipts is a hundred thousand lines.
        self.lines = os.environ.get("BOTHWAYS_ACCESS_LOG", "") == "1"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = PAGES.get(request.path_info)
        if page is not None:
            if request.method not in ("GET", "HEAD"):
                return HttpResponse(status=405, headers={"Allow": "GET"})
            response = page(request)
            response.headers["Cache-Control"] = "no-store"
            return response
        began = time.perf_counter()
        response = self.get_response(request)
        took = time.perf_counter() - began
        route = route_of(request)
        metrics.observe(route, request.method or "", response.status_code, took)
        if self.lines:
            log.info(
                "request",
                extra={
                    "fields": {
                        "route": route,
                        "method": (request.method or "").lower(),
                        "status": response.status_code,
                        "ms": round(took * 1000, 1),
                    }
                },
            )
        return response


def route_of(request: HttpRequest) -> str:
    """The name of the page in ``urls``: an address holds codes of families and ids."""
    match = request.resolver_match
    return (match.view_name or NONE) if match else NONE
