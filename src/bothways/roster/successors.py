"""What happened with a family goes along when its people are counted with another home."""

from datetime import datetime

from django.db import transaction

from bothways.audit.services import record
from bothways.people.journal import Journal
from bothways.people.models import Household
from bothways.roster.merging import carry_history
from bothways.roster.models import Successor
from bothways.schools.models import District

MOST = 200  # homes at a time: a new school year may end thousands


def follow(district: District, *, at: datetime) -> list[tuple[int, int]]:
    """Carry along what belongs to homes in which nobody is left; (old, new) of each.

    Each home in a transaction of its own. A successor that has ended meanwhile is followed further.
    """
    done = []
    waiting = Successor.objects.filter(district=district, old__ended_at__isnull=False)
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)[:MOST]):
        with transaction.atomic():
            row = Successor.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is None:
                continue
            new = _last(row)
            carry_history(Journal(), row.old_id, new)
            row.delete()
            home = Household.objects.get(pk=new)
            record("household.followed", home, by=None, district=district.pk, before=pk)
            done.append((pk, new))
    return done


def _last(row: Successor) -> int:
    seen, home = {row.old_id}, row.new_id
    while home not in seen:
        seen.add(home)
        after = Successor.objects.filter(old=home, old__ended_at__isnull=False).first()
        if after is None:
            return home
        home = after.new_id
    return row.new_id
