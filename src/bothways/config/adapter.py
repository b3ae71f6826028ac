"""How sign-in behaves here: staff only, known to the roster or made by an administrator."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bothways.web.throttle import visitor


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

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Staff have no user names."""
