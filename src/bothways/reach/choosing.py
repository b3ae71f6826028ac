"""Which families are not reached for one reason, as a condition of a larger query."""

import re
from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL

from bothways.reach.enums import Reason
from bothways.reach.facts import refresh
from bothways.reach.mirror import REASON, REASONS, STATE
from bothways.schools.models import District

_OF_REASON = f"""
SELECT f.household_id FROM reach_familyfacts f
JOIN reach_familykind k ON k.id = f.kind_id
LEFT JOIN ledger_familyreach r ON r.household_id = f.household_id
CROSS JOIN LATERAL (SELECT {STATE} AS state OFFSET 0) s
WHERE f.district_id = %(district)s AND {REASON} = %(place)s
"""  # noqa: S608 - parts of ours
_NAMED = re.compile(r"%\((\w+)\)s")


def not_reached(district: District, why: Reason, *, since: datetime, now: datetime) -> Q:
    """For households: not reached since then, and this is the first reason that applies."""
    refresh(district, now)
    values = {
        "district": district.pk,
        "since": since,
        "now": now,
        "place": REASONS.index(why),
    }
    params = [values[name] for name in _NAMED.findall(_OF_REASON)]
    # A comment may hold a percent sign; placeholders are all there is to fill.
    return Q(pk__in=RawSQL(_NAMED.sub("%s", _OF_REASON), params))  # noqa: S611 - parts of ours
