"""One-time sign-in links, for accounts whose mail is not set up yet."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from bothways.accounts.models import User

_SALT = "bothways.sign-in-link"
# Real time: simulated time must not keep a door open.
MINUTES_VALID = 15
_SECONDS, _SECONDS_IN_DEMO = MINUTES_VALID * 60, 24 * 3600


def make(user: User) -> str:
    """The path of a link that signs this user in once within 15 minutes."""
    token = signing.dumps({"user": user.pk, "last": _last(user)}, salt=_SALT, compress=True)
    return reverse("sign_in_link", kwargs={"token": token})


def read(token: str, *, lock: bool = False) -> User | None:
    """Whose link this is; None if it is forged, too old, or was used (a sign-in has happened since).

    ``lock``: hold the account's row, so that of two uses at once one sees the other.
    """
    try:
        values = signing.loads(
            token, salt=_SALT, max_age=_SECONDS_IN_DEMO if settings.DEMO else _SECONDS
        )
        pk, last = int(values["user"]), str(values["last"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    users = User.objects.select_for_update() if lock else User.objects.all()
    user = users.filter(pk=pk, is_active=True, ended_at=None).first()
    if user is None or (last != _last(user) and not settings.DEMO):
        return None
    return user


def use(user: User) -> None:
    """Used up from here, even where the second step that follows is never taken."""
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])


def _last(user: User) -> str:
    return user.last_login.isoformat() if user.last_login else ""
