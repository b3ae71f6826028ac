"""Stop and start."""

from datetime import datetime

from django.db import transaction

from bothways.audit.services import record
from bothways.consent.models import Stop
from bothways.schools.models import District


@transaction.atomic
def stop(
    *, district: District, kind: str, match: str, by: Stop.By, at: datetime, user: int | None = None
) -> bool:
    """Send no more to this address; False if it was stopped already."""
    found, made = Stop.objects.get_or_create(
        district=district, kind=kind, match=match, by=by, lifted_at=None, defaults={"at": at}
    )
    if made:
        record("consent.stopped", found, by=user, district=district.pk)
    return made


@transaction.atomic
def start(
    *, district: District, kind: str, match: str, by: Stop.By, at: datetime, user: int | None = None
) -> bool:
    """Lift this stop; False if there was none. The carrier's own block only the carrier's word lifts."""
    live = Stop.objects.select_for_update().filter(
        district=district, kind=kind, match=match, by=by, lifted_at=None
    )
    for found in live:
        found.lifted_at = at
        found.save(update_fields=["lifted_at"])
        record("consent.started", found, by=user, district=district.pk)
        return True
    return False
