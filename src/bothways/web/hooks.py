"""Where carriers report."""

from django.http import HttpRequest, HttpResponse


def receive(request: HttpRequest, carrier: str, rest: str) -> HttpResponse:
    return HttpResponse(status=404)
