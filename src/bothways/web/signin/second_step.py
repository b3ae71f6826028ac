"""Of whom a second step is asked, and whether they have one."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from bothways.accounts.enums import SEES_EVERYTHING
from bothways.accounts.models import User

_OPENS = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)


def asked_of(user: User) -> bool:
    """Whether this installation asks it of this person."""
    wanted: str = settings.MFA_REQUIRED_OF
    return wanted == "everyone" or (wanted == "leaders" and user.has_role(*SEES_EVERYTHING))


def missing(request: HttpRequest, user: User) -> bool:
    """Whether this person has to set up a second step before anything else opens."""
    if settings.MFA_REQUIRED_OF == "off" or not asked_of(user):
        return False
    if any(one.get("method") == "mfa" for one in get_authentication_records(request, user)):
        return False
    return not Authenticator.objects.filter(user_id=user.pk, type__in=_OPENS).exists()
