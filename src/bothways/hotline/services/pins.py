"""The number by which a teacher's call is known: kept as a hash, and locked after a few wrong ones."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.hotline.models import PhonePin

SHORTEST, LONGEST = 6, 10
MOST_MISSES = 5
LOCKED_FOR = timedelta(hours=1)


class Unusable(ValueError):
    """This cannot be a PIN; the text says what can."""


@transaction.atomic
def choose(user: User, typed: str) -> PhonePin:
    """Let this be the number from now on. Raises Unusable."""
    pin = "".join(typed.split())
    if not (pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST):
        raise Unusable(f"Choose {SHORTEST} to {LONGEST} digits.")
    if len(set(pin)) < 3 or pin in "01234567890" or pin in "09876543210":
        raise Unusable("Choose digits that are harder to guess.")
    kept, _ = PhonePin.objects.update_or_create(
        user=user,
        defaults={
            "hash": make_password(pin),
            "set_at": clock.now(),
            "misses": 0,
            "locked_until": None,
        },
    )
    record("homework.pin_set", kept, by=user.pk, district=user.district_id)
    return kept


@transaction.atomic
def fits(user: User, typed: str) -> bool:
    """Whether this is the number; five wrong ones in a row close it for an hour, whoever calls."""
    kept = PhonePin.objects.select_for_update().filter(user=user).first()
    if kept is None:
        return False
    now = clock.now()
    if kept.locked_until is not None and now < kept.locked_until:
        return False
    if check_password(typed, kept.hash):
        PhonePin.objects.filter(pk=kept.pk).update(misses=0, locked_until=None)
        return True
    misses = kept.misses + 1
    locked = now + LOCKED_FOR if misses >= MOST_MISSES else None
    PhonePin.objects.filter(pk=kept.pk).update(misses=0 if locked else misses, locked_until=locked)
    if locked:
        record("homework.pin_locked", kept, by=None, district=user.district_id)
    return False
