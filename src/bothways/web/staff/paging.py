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
def page_of(request: HttpRequest, rows: "QuerySet[M]", per: int = PER_PAGE) -> "Page[M]": ...
@overload
def page_of(request: HttpRequest, rows: Sequence[T], per: int = PER_PAGE) -> "Page[T]": ...
def page_of(request: HttpRequest, rows: Any, per: int = PER_PAGE) -> "Page[Any]":
    """The page that the address asks for; a number that is none gives the first, too high the last."""
    return Paginator(rows, per).get_page(request.GET.get("page"))
