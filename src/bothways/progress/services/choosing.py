"""Choose what families are told, and when."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.progress.enums import NEVER_ASKED, Day
from bothways.progress.models import ProgressSettings
from bothways.progress.rules import ASKED_UNTIL
from bothways.schools.models import District


class UnusableChoice(ValueError):
    """It cannot be kept as it is; the text says what to mend."""


@transaction.atomic
def choose(*, district: District, by: User, values: Mapping[str, Any]) -> ProgressSettings:
    """Keep this district's choice; it holds from now on. Raises UnusableChoice."""
    if values["absences"] and not values["counted"]:
        raise UnusableChoice("Choose which absences families are asked about, or switch it off.")
    if {Day(kind) for kind in values["counted"]} & NEVER_ASKED:
        raise UnusableChoice("Families are not asked about days for which the school knows why.")
    if values["absences_at"] >= ASKED_UNTIL:
        raise UnusableChoice("Choose an hour before 6 in the evening: later, “today” is over.")
    chosen, _made = ProgressSettings.objects.update_or_create(
        district=district, defaults=dict(values)
    )
    record("progress.chosen", chosen, by=by.pk, district=district.pk)
    return chosen
