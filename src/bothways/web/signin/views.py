"""Signing in: by a code, with a passkey, with the district's account, or by a link made here."""

from typing import Any

from allauth.account import views as allauth
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from bothways.accounts import links
from bothways.accounts.models import User
from bothways.web.signin import district


class CodeView(allauth.RequestLoginCodeView):  # type: ignore[misc]
    """The first page: every way in."""

    def get_context_data(self, **values: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**values)
        return found | {"districts": district.choices()}


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, since mail scanners open links; POST signs in."""
    if request.method == "GET":
        user = links.read(token)
        status = 200 if user else 410
        return render(request, "account/link.html", {"user_of_link": user}, status=status)
    with transaction.atomic():
        user = links.read(token, lock=True)
        if user is None:
            return render(request, "account/link.html", {"user_of_link": None}, status=410)
        links.use(user)
        return _enter(request, user)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """As every other way in: whoever has a second step is asked for it."""
    record_authentication(request, user, "link")
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url="/"))
    return answer
