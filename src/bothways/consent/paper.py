"""How paper goes home: what the district and its schools do, and what a family asked for."""

from enum import StrEnum

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.models import Preference
from bothways.core import clock
from bothways.people.models import Household
from bothways.schools.models import District, School


class Paper(StrEnum):
    POST = "post"
    BAG = "bag"  # with the child


@transaction.atomic
def ask_for_paper(*, household: Household, paper: Paper | None, by: User) -> None:
    """This family wants its letters so; None: as the school does."""
    Preference.objects.update_or_create(
        household=household,
        defaults={
            "district": household.district,
            "paper": paper.value if paper else "",
            "updated_by": by,
            "updated_at": clock.now(),
        },
    )
    record(
        "consent.paper",
        household,
        by=by.pk,
        district=household.district_id,
        paper=paper.value if paper else "",
    )


@transaction.atomic
def set_paper(*, place: District | School, paper: Paper | None, by: User) -> None:
    """Letters of this district or school go so from now on; None (of a school): as the district's."""
    if paper is None and isinstance(place, District):
        raise ValueError("A district sends its letters by post or in the bag.")
    place.paper = paper.value if paper else ""
    place.save(update_fields=["paper"])
    district = place.pk if isinstance(place, District) else place.district_id
    record("letters.paper_set", place, by=by.pk, district=district, paper=place.paper)
