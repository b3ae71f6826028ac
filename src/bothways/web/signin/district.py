"""Signing in with the district's own account (OpenID Connect): for staff on record, by a proved address."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as allauth
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from bothways.accounts.models import User
from bothways.schools.models import District

_AMEND = _("Sign in by email instead, or tell the school office.")
WORDS: dict[str, tuple[Promise, Promise]] = {
    "unknown": (
        _("Nobody here has this address"),
        _(
            "Your district knows you, and Bothways does not yet: the roster or an administrator has to add "
            "your address first. Tell the school office."
        ),
    ),
    "unverified": (
        _("Your district has not checked your address"),
        _(
            "It told us an email address and not that it belongs to you, so we cannot go by it. Sign in by "
            "email instead, or ask your district's technicians."
        ),
    ),
    "used": (
        _("This sign-in was used before, or waited too long"),
        _("Nothing is wrong with your account. Begin again."),
    ),
    "stranger": (
        _("This answer did not come from your district"),
        _(
            "It was not signed by whom your district named, or not meant for Bothways: nobody was signed in. "
            "If it happens again, tell the school office."
        ),
    ),
    "cancelled": (
        _("You stopped before the end"),
        _("Nobody was signed in. Begin again when you like."),
    ),
    "away": (_("Your district's sign-in does not answer"), _AMEND),
    "broken": (_("Your district's sign-in did not let you in"), _AMEND),
}
_STATUS = {"away": 503, "used": 400, "cancelled": 200}


def choices() -> list[dict[str, str]]:
    """The districts' own sign-ins: id and name."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return [{"id": app["provider_id"], "name": app["name"]} for app in apps]


def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the district's page."""
    return _guarded(allauth.login, request, provider_id)


def end(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the district's page."""
    return _guarded(allauth.callback, request, provider_id)


def _guarded(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    if provider_id not in {choice["id"] for choice in choices()}:
        raise Http404
    try:
        answer: HttpResponse = view(request, provider_id)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        # Not there, or not what answers to such questions: no address, no key, no JSON.
        return say(request, "away")
    return answer


def enter(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Sign in whom the district vouches for, or say why not."""
    said, signed = _claims(sociallogin.account.extra_data)
    if not said.get("sub") or (signed and signed.get("sub") != said.get("sub")):
        return say(request, "stranger")
    email = str(said.get("email") or "").strip()
    if not email or said.get("email_verified") not in (True, "true"):
        return say(request, "unverified")
    user = _on_record(email, sociallogin.provider.app.settings.get("district", ""))
    if user is None:
        return say(request, "unknown")
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    if not user.is_active:
        return render(request, "account/account_inactive.html", status=403)
    record_authentication(
        request,
        user,
        "socialaccount",
        provider=sociallogin.account.provider,
        uid=sociallogin.account.uid,
    )
    login = Login(user=user, redirect_url=sociallogin.get_redirect_url(request))
    answer: HttpResponse = perform_login(request, login)
    return answer


def _claims(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the district says of this person, and what of it was signed."""
    signed = data.get("id_token") or {}
    return data.get("userinfo") or signed, signed


def _on_record(email: str, sis_id: str) -> User | None:
    """Of this district's staff alone: one district's sign-in must not open another's accounts."""
    districts = District.objects.filter(sis_id=sis_id) if sis_id else District.objects.all()
    found = list(districts.order_by("pk")[:2])
    if len(found) != 1:
        return None
    return User.objects.filter(district=found[0], email__iexact=email).first()


def broken_off(
    request: HttpRequest, error: Any, exception: Exception | None, extra: dict[str, Any] | None
) -> HttpResponse:
    """A page for what allauth could not finish."""
    if error == AuthError.CANCELLED:
        return say(request, "cancelled")
    if extra is not None and "state_id" in extra:
        return say(request, "used")
    if isinstance(exception, RequestException):
        return say(request, "away")
    if isinstance(exception, OAuth2Error):
        return say(request, "stranger" if "token" in str(exception) else "broken")
    return say(request, "broken")


def say(request: HttpRequest, what: str) -> HttpResponse:
    title, why = WORDS[what]
    return render(
        request,
        "account/district.html",
        {"title": title, "why": why},
        status=_STATUS.get(what, 403),
    )
