"""What the outside of letters in the bag may show."""

from collections import Counter
from collections.abc import Collection, Mapping

from bothways.channels.contract import Carried
from bothways.messaging.models import Bag
from bothways.people.models import HouseholdStudent


def carried(ids: Collection[int], names: Mapping[int, tuple[str, ...]]) -> dict[int, Carried]:
    """Delivery → who takes it home and where it is given out; two queries.

    ``names``: delivery → the guardians it is for; shown where the child has two homes.
    """
    if not ids:
        return {}
    bags = list(
        Bag.objects.filter(delivery__in=ids).select_related("student__school", "section__school")
    )
    homes = Counter(
        HouseholdStudent.objects.filter(
            student__in={bag.student_id for bag in bags}, household__ended_at=None
        ).values_list("student_id", flat=True)
    )
    found = {}
    for bag in bags:
        school = bag.section.school if bag.section else bag.student.school
        found[bag.delivery_id] = Carried(
            child=bag.student.name,
            school=school.name if school else "",
            room=bag.section.title if bag.section else "",
            to=names.get(bag.delivery_id, ()) if homes[bag.student_id] > 1 else (),
        )
    return found
