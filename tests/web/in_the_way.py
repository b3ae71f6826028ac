"""Something that stands in a family's way, for pages that show it."""

from bothways.barriers.enums import Source
from bothways.barriers.models import FamilyBarrier
from bothways.barriers.services import note
from people import Cast


def no_ride(cast: Cast) -> FamilyBarrier:
    """Emily's parents have no way to get to school."""
    return note(
        household=cast.emilys_home,
        barrier="transport",
        by=cast.mrs_c,
        source=Source.VISIT,
        words="The bus stops at six.",
    ).barrier
