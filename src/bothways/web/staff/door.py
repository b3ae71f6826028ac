"""The door of every staff page: signed in, with a district, and allowed."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.schools.models import District
from bothways.web.signin import second_step

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request that came through the door."""

    user: User
    district: District


def staff(
    permission: Permission | None,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let in whom a role allows this anywhere; the rest sign in (302) or are told no (403).

    None: whoever holds any role here.

    Times on the page are the district's. *Which* families is the querysets' business.
    """

    def guard(
        view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def enter(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                if not user.is_authenticated:
                    if request.headers.get("HX-Request") == "true":
                        # Signed out meanwhile: the sign-in page is no part of a list.
                        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied
            allowed = bool(user.roles()) if permission is None else user.can(permission)
            if user.district is None or not allowed:
                raise PermissionDenied
            if second_step.missing(request, user):
                return redirect("account")
            entered = cast(StaffRequest, request)
            entered.district = user.district
            if request.method in ("GET", "HEAD"):
                # Nothing changes meanwhile whom one teaches: a form that is sent reads everything anew.
                user.makes_a_page()
            with timezone.override(user.district.zone):
                return view(entered, *args, **kwargs)

        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], enter)

    return guard
