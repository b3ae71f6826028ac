"""Forms that were sent: a double click, or a page loaded again, does its work once."""

from collections.abc import Callable
from secrets import token_urlsafe

from django.db import models, transaction

from bothways.accounts.models import User
from bothways.core import clock
from bothways.web.family.models import FamilyCode, FamilyPin, FamilySession
from bothways.web.staff.kept import KeptDraft

__all__ = [
    "FamilyCode",
    "FamilyPin",
    "FamilySession",
    "KeptDraft",
    "SubmittedForm",
    "new_key",
    "once",
]


class SubmittedForm(models.Model):
    """A form by the key that was drawn when it was shown, and what came of it."""

    key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    at = models.DateTimeField()
    result = models.BigIntegerField(null=True)  # the id of what was made

    def __str__(self) -> str:
        return f"form {self.pk}"


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return token_urlsafe(16)


@transaction.atomic
def once(key: str, *, user: User, work: Callable[[], int]) -> int:
    """Do the work of this form, or give what came of it when it was done before.

    Of two at once the second waits at the unique key until the first has ended; an error of the work
    takes the key back, so that the form can be corrected and sent again.
    """
    form, made = SubmittedForm.objects.get_or_create(
        key=f"{user.pk}.{key}"[:40], defaults={"user": user, "at": clock.now()}
    )
    if not made:
        return form.result or 0
    form.result = work()
    form.save(update_fields=["result"])
    return form.result
