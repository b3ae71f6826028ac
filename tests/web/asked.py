"""What a family of the cast asked for, and what changed because of it."""

from bothways.feedback.enums import Kind, Source
from bothways.feedback.models import Change, Item
from bothways.feedback.services.board import keep_change
from bothways.feedback.services.items import open_item
from people import Cast


def wants_a_ride(cast: Cast) -> Item:
    """Emily’s mother asked for a ride; Mrs. C serves the child and looks after it."""
    return open_item(
        household=cast.emilys_home,
        guardian=cast.emilys_mother,
        student=cast.emily,
        kind=Kind.REQUEST,
        words="We would come if somebody could drive us.",
        language="en",
        source=Source.TALK,
        source_ref="ride",
        by=cast.mrs_c,
    )


def a_later_bus(cast: Cast) -> Change:
    return keep_change(
        change=Change.objects.first(),
        school=cast.elementary,
        said="The last bus leaves before the homework club ends.",
        did="From Monday on there is a later bus.",
        language="en",
        by=cast.principal,
    )
