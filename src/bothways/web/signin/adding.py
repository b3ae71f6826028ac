"""Adding a passkey or an app: whoever has just shown it is not asked for it again on the next page."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.http import HttpRequest, HttpResponse


def _shown(request: HttpRequest) -> None:
    record_authentication(request, request.user, "mfa", reauthenticated=True)


class PasskeyView(AddWebAuthnView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _shown(self.request)
        return answer


class AppView(ActivateTOTPView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _shown(self.request)
        return answer
