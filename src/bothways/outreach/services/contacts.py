"""Note what a person did to reach a family."""

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.ledger.enums import Direction, Level, SourceKind
from bothways.ledger.services import Line, write
from bothways.messaging.enums import Tone
from bothways.outreach.enums import Result, Way
from bothways.outreach.models import PersonContact
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household


class NotAllowed(ValueError):
    """This adult may not be contacted about the children here; the text says what to do."""


def level_of(way: Way, result: Result) -> Level:
    """What a person's word proves. Talking by phone is words; face to face is a meeting."""
    if result is Result.TALKED:
        return Level.ANSWERED if way is Way.CALL else Level.MET
    if result is Result.GIVEN:
        return Level.DELIVERED
    return Level.ATTEMPTED


@transaction.atomic
def note_contact(
    *,
    household: Household,
    guardian: Guardian | None,
    way: Way,
    result: Result,
    words: str,
    by: User,
    form_key: str | None = None,
    typed_by: User | None = None,
    tone: Tone = Tone.NEITHER,
    word_class: WordClass = WordClass.FAMILY,
) -> PersonContact:
    """Write it down, with its ledger line; the same form twice is one contact. Raises NotAllowed.

    ``word_class``: who may read the words; where it did not feel safe, named roles only in any case.

    ``typed_by``: who wrote it down, where that is not who did it.
    """
    if form_key:
        found = PersonContact.objects.filter(form_key=form_key).first()
        if found is not None:
            return found
    now = clock.now()
    if guardian is not None and not (
        standing(district=household.district, at=now)
        .filter(
            guardian=guardian, guardian__household=household, student__homes__household=household
        )
        .exists()
    ):
        raise NotAllowed(
            f"{guardian.name} may not be contacted about the children of this family. "
            "If you spoke with them, tell the principal."
        )
    if result is Result.NOT_SAFE:
        word_class = WordClass.PROTECTED
    contact = PersonContact.objects.create(
        district=household.district,
        household=household,
        guardian=guardian,
        by=by,
        at=now,
        way=way.value,
        result=result.value,
        words=words.strip(),
        tone=tone.value,
        word_class=word_class.value,
        form_key=form_key,
    )
    write(
        [
            Line(
                district_id=household.district_id,
                household_id=household.pk,
                guardian_id=guardian.pk if guardian else None,
                at=now,
                level=level_of(way, result),
                direction=Direction.TO_FAMILY,
                channel=way.value,
                source_kind=SourceKind.VISIT,
                source_id=contact.pk,
                word_class=word_class,
            )
        ]
    )
    record("contact.noted", contact, by=(typed_by or by).pk, district=household.district_id)
    return contact
