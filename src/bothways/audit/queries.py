"""Read the record."""

from collections.abc import Collection, Mapping

from django.db.models import Q, QuerySet

from bothways.audit.models import Entry


def lately_seen(*, event: str, user: int, district: int, most: int) -> list[int]:
    """Ids of what this user last looked at, the latest first, each once; of the last looks only."""
    looks = Entry.objects.filter(district_id=district, user_id=user).order_by("-at", "-pk")[
        : most * 12
    ]
    seen = [look.object_id for look in looks if look.event == event and look.object_id]
    return list(dict.fromkeys(seen))[:most]


def changes_to(
    objects: Mapping[str, Collection[int]], *, district: int, events: Collection[str]
) -> QuerySet[Entry]:
    """What was done to these objects (ids by their model's label), of these events, the latest first."""
    these = Q(pk__in=[])
    for label, ids in objects.items():
        these |= Q(object_type=label, object_id__in=list(ids))
    return Entry.objects.filter(these, district_id=district, event__in=list(events)).order_by(
        "-at", "-pk"
    )
