"""Lists in pages."""

from collections.abc import Sequence
from typing import Any, TypeVar, overload

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)
PER_PAGE = 50


@overload
def page_of(
    request: HttpRequest, rows: "QuerySet[M]", per: int = PER_PAGE, *, count: int | None = None
) -> "Page[M]": ...
@overload
def page_of(
    request: HttpRequest, rows: Sequence[T], per: int = PER_PAGE, *, count: int | None = None
) -> "Page[T]": ...
def page_of(
    request: HttpRequest, rows: Any, per: int = PER_PAGE, *, count: int | None = None
) -> "Page[Any]":
    """The page that the address asks for; a number that is none gives the first, too high the last.

    ``count``: how many there are, where that was counted with other figures.
    """
    pages = Paginator(rows, per)
    if count is not None:
        pages.count = count
    return pages.get_page(request.GET.get("page"))
