"""How sign-in behaves here: staff only, known to the roster or made by an administrator."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bothways.audit.services import record
from bothways.web.signin import district
from bothways.web.throttle import visitor

# What allauth calls the ways in, and what the record calls them.
_WAYS = {"mfa": "passkey", "socialaccount": "district"}


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up; codes go out through Django's mail."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _(
            "That was many times in a row. Wait a few minutes, then try again."
        ),
        "incorrect_code": _(
            "This is not the code. Look at the newest mail, or have another one sent."
        ),
        "unknown_email": _("Nobody here signs in with this address. Ask the school office."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Behind a proxy of ours its visitors: else all staff of a district would share one limit."""
        return visitor(request)

    def post_login(self, request: HttpRequest, user: Any, **rest: Any) -> Any:
        """All ways in end here: which one it was goes on the record."""
        ways = [one["method"] for one in get_authentication_records(request, user)]
        way = _WAYS.get(ways[0], ways[0]) if ways else "code"
        record("sign_in." + way, user, by=user.pk, district=user.district_id)
        return super().post_login(request, user, **rest)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a passkey shows that first: it is less to do than typing a code."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return sorted(methods, key=lambda method: "webauthn" not in method["id"])

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Staff have no user names."""


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, codes of an app, recovery codes: what stands in the database opens nothing by itself."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This is not right. Try again; a code of an app is good for half a minute."
        )
    }

    def get_totp_issuer(self) -> str:
        return "Bothways"

    def encrypt(self, text: str) -> str:
        """Backups hold this table: without the installation's secret key it is of no use."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return str(_("Passkey"))


def _box() -> Fernet:
    digest = hashlib.blake2b(
        settings.SECRET_KEY.encode(), digest_size=32, person=b"second step"
    ).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


class DistrictSignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The district's own accounts open those of its staff here, by an address that the district vouches for.

    Nothing of the other side is kept: each time the address decides, and who is on record here.
    """

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Sign in, or say why not; allauth's own sign-up and connecting never come to pass."""
        raise ImmediateHttpResponse(district.enter(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        raise ImmediateHttpResponse(district.broken_off(request, error, exception, extra_context))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
