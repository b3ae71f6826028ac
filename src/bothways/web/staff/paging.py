"""Lists in pages."""

from collections.abc import Sequence
from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)
PER_PAGE = 50


def page_of(
    request: HttpRequest, rows: "QuerySet[M] | Sequence[T]", per: int = PER_PAGE
) -> "Page[T]":
    """The page that the address asks for; a number that is none gives the first, too high the last."""
    return Paginator(rows, per).get_page(request.GET.get("page"))  # type: ignore[arg-type, return-value]
