"""Which policies hold in a district."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from bothways.audit.services import record
from bothways.messaging.models import FirstWays
from bothways.outreach.models import PolicyChoice
from bothways.outreach.policies import POLICY_SETS, Policy, bundled, read
from bothways.schools.models import District


def policies_of(district: District) -> Mapping[str, Policy]:
    """The policy of each purpose here: the district's own choice before the bundled one."""
    own = PolicyChoice.objects.filter(district=district).values_list("purpose", "values")
    return {**bundled(), **{purpose: read(purpose, values) for purpose, values in own}}


@transaction.atomic
def choose_policy(
    *, district: District, purpose: str, values: Mapping[str, Any], by: int | None
) -> Policy:
    """Keep a district's own policy for one purpose. Raises UnusablePolicy, and nothing is changed."""
    policy = read(purpose, values)
    found, _ = PolicyChoice.objects.update_or_create(
        district=district, purpose=purpose, defaults={"values": dict(values)}
    )
    FirstWays.objects.filter(district=district, purpose=purpose).delete()
    if policy.first is not None or policy.every:
        FirstWays.objects.create(
            district=district,
            purpose=purpose,
            channels=sorted(policy.first or ()),
            every=policy.every,
        )
    record("policy.chosen", found, by=by, district=district.pk)
    return policy


@transaction.atomic
def use(district: District, name: str, *, by: int | None = None) -> None:
    """Let a whole set of policies hold here; KeyError for a set that is none."""
    chosen = POLICY_SETS[name]
    PolicyChoice.objects.filter(district=district).delete()
    FirstWays.objects.filter(district=district).delete()
    if name != "default":
        for purpose, values in chosen.items():
            choose_policy(district=district, purpose=purpose, values=values, by=by)


@transaction.atomic
def give_back(*, district: District, purpose: str, by: int | None) -> None:
    """Let the bundled policy hold again for this purpose."""
    PolicyChoice.objects.filter(district=district, purpose=purpose).delete()
    FirstWays.objects.filter(district=district, purpose=purpose).delete()
    record("policy.given_back", by=by, district=district.pk, purpose=purpose)
