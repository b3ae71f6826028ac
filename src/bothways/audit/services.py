"""Write to the record."""

from django.db import models

from bothways.audit.models import Entry
from bothways.core import clock


def record(
    event: str,
    subject: models.Model | None = None,
    *,
    by: int | None,
    district: int | None,
    **details: int | str | list[int],
) -> None:
    """Note that this user (by id; None for the system) did this to that."""
    Entry.objects.create(
        at=clock.now(),
        district_id=district,
        user_id=by,
        event=event,
        object_type=subject._meta.label_lower if subject is not None else "",
        object_id=subject.pk if subject is not None else None,
        details=details,
    )
