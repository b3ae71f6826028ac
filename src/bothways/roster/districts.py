"""Which district a roster belongs to, so that nobody loads a file into the wrong one."""

from zoneinfo import available_timezones

from bothways.roster.readers.unusable import UnusableRoster
from bothways.roster.records import Parsed
from bothways.schools.models import District, School

NAMELESS = "district"
TIMEZONE = "America/Chicago"
LONGEST = 200


def district_for(parsed: Parsed, *, timezone: str | None, new_district: bool) -> District:
    """The district of this roster, locked for the import; made if it is the first or said to be new.

    Raises UnusableRoster for a roster of another district than the one installed.
    """
    if timezone is not None and timezone not in available_timezones():
        raise UnusableRoster(
            f"“{timezone}” is no time zone; write it like America/Chicago or America/New_York."
        )
    said = parsed.district
    sis_id = said.id if said else NAMELESS
    if len(sis_id) > LONGEST:
        raise UnusableRoster("The id of the district is longer than 200 characters.")
    # Not FOR UPDATE: that would hold up everything that is written for the district meanwhile.
    installed = {
        d.sis_id: d for d in District.objects.select_for_update(no_key=True).order_by("pk")
    }
    found = installed.get(sis_id)
    if found is None and said is None and len(installed) == 1 and not new_district:
        found = _same_schools(parsed, next(iter(installed.values())))
    if found is None:
        if installed and not new_district:
            here = ", ".join(d.name for d in installed.values())
            raise UnusableRoster(
                f"This roster is of {_name(parsed)}; installed here is {here}. Nothing was changed."
                " If both shall live in this installation, import it with --new-district."
            )
        return District.objects.create(
            sis_id=sis_id, name=_name(parsed)[:LONGEST], timezone=timezone or TIMEZONE
        )
    if timezone and found.timezone != timezone:
        found.timezone = timezone
        found.save(update_fields=["timezone"])
    return found


def _same_schools(parsed: Parsed, district: District) -> District | None:
    """A roster without a district is this one's if it speaks of one of its schools, or of none."""
    ids = [school.id for school in parsed.schools]
    known = School.objects.filter(district=district, sis_id__in=ids).exists()
    return district if known or not ids else None


def _name(parsed: Parsed) -> str:
    if parsed.district and parsed.district.name:
        return parsed.district.name
    if len(parsed.schools) == 1:
        return parsed.schools[0].name
    return "The district"
