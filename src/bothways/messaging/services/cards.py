"""Good news on a postcard: on paper, to one home, about one child."""

from collections.abc import Mapping

from django.db import transaction

from bothways.accounts.models import User
from bothways.channels.letters.cards import MOST
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind, Purpose, Tone
from bothways.messaging.models import Message
from bothways.messaging.services.messages import Draft, UnusableMessage, let_go, write_down
from bothways.people.models import Household, Link, Student


def card_links(household: Household, student: Student) -> list[Link]:
    """Standing of the adults of this home for the child, now: nobody else gets a card."""
    return list(
        standing(district=student.district, at=clock.now(), records=True)
        .filter(student=student, guardian__household=household)
        .select_related("guardian")
        .order_by("guardian_id")
    )


@transaction.atomic
def send_card(
    *, household: Household, student: Student, bodies: Mapping[str, str], by: User
) -> Message:
    """Have a card with these words printed, to post or for the bag as this home gets its letters.

    ``bodies``: language → words. Printed is no attempt yet; posted or given out, seen when they say so, as of
    letters. Raises UnusableMessage.
    """
    links = card_links(household, student)
    if not links:
        raise UnusableMessage("Nobody at this home may be told about this child today.")
    for words in bodies.values():
        if len(words.strip()) > MOST:
            raise UnusableMessage(
                f"A card has room for {MOST} characters; these are {len(words.strip())}. Say one thing."
            )
    draft = Draft(
        Purpose.PERSONAL,
        Audience(students=(student.sis_id,) if student.sis_id else (), households=(household.pk,)),
        bodies,
        {},
        student=student,
        tone=Tone.GOOD,
    )
    message = write_down(draft, district=student.district, by=by, kind=MessageKind.CARD)
    fanned = let_go(message, links=[link.pk for link in links])
    if not fanned.deliveries:
        raise UnusableMessage(
            "This home has no address for letters that we may use, or nobody there reads these "
            "languages. Send a text, or call."
        )
    return message
