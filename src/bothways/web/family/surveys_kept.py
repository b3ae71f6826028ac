"""What an adult answered by name, for “take it along”."""

from django.db.models import Q

from bothways.channels.letters.booklet import Item
from bothways.surveys.enums import Promise
from bothways.surveys.models import Answer
from bothways.web.family.chapter import Part
from bothways.web.family.inside import Visit


def part(visit: Visit) -> Part:
    """Named surveys only; a household's answers where there is no other adult who may have given them."""
    home = visit.guardian.household
    alone = home is not None and home.guardians.filter(ended_at=None).count() == 1
    mine = Q(invitation__guardian=visit.guardian)
    if alone:
        mine |= Q(invitation__guardian=None, invitation__household=home)
    rows = (
        Answer.objects.filter(mine, invitation__survey__promise=Promise.NAMED.value)
        .select_related("invitation__survey__school")
        .order_by("-invitation_id", "pk")
    )
    items, data = [], []
    for row in rows:
        survey = row.invitation.survey
        item = survey.asks.item(row.item)
        if item is None:
            continue
        tag = visit.words.tag
        text = item.texts.get(tag) or item.texts.get("en") or next(iter(item.texts.values()))
        labels = item.labels.get(tag) or item.labels.get("en") or ()
        said = row.words
        if row.value is not None:
            said = labels[row.value - 1] if 1 <= row.value <= len(labels) else str(row.value)
        items.append(Item(f"{visit.date(row.invitation.at)} · {text}", said, row.language or tag))
        data.append(
            {
                "day": row.invitation.at.astimezone(visit.district.zone).date().isoformat(),
                "question": text,
                "value": row.value,
                "words": row.words,
            }
        )
    name = visit.school.name if visit.school else visit.district.name
    return Part("surveys", visit.words.say("survey_title", school=name), items, data)
