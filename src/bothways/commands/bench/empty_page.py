"""The product's addresses with one page more: an empty one. The baseline of a page."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(request: HttpRequest) -> HttpResponse:
    """A page without content."""
    return HttpResponse("<!doctype html>")


urlpatterns = [path("bare-page", bare), path("", include("bothways.config.urls"))]
