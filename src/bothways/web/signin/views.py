"""Signing in by a link that the command line made."""

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bothways.accounts import links
from bothways.audit.services import record


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
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        record("sign_in.link", user, by=user.pk, district=user.district_id)
    return redirect("/")
