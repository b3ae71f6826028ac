"""Which district a command speaks of."""

from bothways.commands.installation import Unusable
from bothways.schools.models import District


def the_district(sis_id: str | None) -> District:
    """The one with this roster id; without an id the only one there is."""
    districts = list(District.objects.order_by("pk")[:3])
    if sis_id:
        for district in District.objects.filter(sis_id=sis_id):
            return district
        raise Unusable(f"There is no district “{sis_id}” here.")
    if not districts:
        raise Unusable("There is no district here yet. Load a roster first: bothways roster PATH")
    if len(districts) > 1:
        names = ", ".join(d.sis_id for d in districts)
        raise Unusable(f"There are several districts here ({names} …): choose one with --district.")
    return districts[0]
