"""My account: who I am here, my second steps, where I am signed in."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.web.signin import devices, second_step


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if user is None:
        return redirect_to_login(reverse("account"))
    held = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at"))
    values = {
        "passkeys": [one.wrap() for one in held if one.type == Authenticator.Type.WEBAUTHN],
        "app": next((one for one in held if one.type == Authenticator.Type.TOTP), None),
        "codes_left": next(
            (
                len(one.wrap().get_unused_codes())
                for one in held
                if one.type == Authenticator.Type.RECOVERY_CODES
            ),
            None,
        ),
        "asked": second_step.asked_of(user),
        "missing": second_step.missing(request, user),
        "devices": devices.of(request, user),
    }
    with timezone.override(
        user.district.zone if user.district else timezone.get_current_timezone()
    ):
        return render(request, "account/account.html", values)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out of one other browser (``session``), or of all others."""
    user = _user(request)
    if user is None:
        return redirect_to_login(reverse("account"))
    wanted = request.POST.get("session", "")
    if wanted and not wanted.isdecimal():
        raise Http404
    ended = devices.end(user, int(wanted[:18]) if wanted else None, but=request.session.session_key)
    if wanted and not ended:
        raise Http404
    record("sign_in.ended", user, by=user.pk, district=user.district_id, sessions=ended)
    if ended:
        messages.success(
            request,
            ngettext("Signed out in one place.", "Signed out in %(n)s places.", ended)
            % {"n": ended},
        )
    else:
        messages.success(request, _("You were signed in nowhere else."))
    return redirect("account")
