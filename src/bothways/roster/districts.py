"""Which district a roster belongs to, so that nobody loads a file into the wrong one."""

from zoneinfo import available_timezones

from bothways.roster import records
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
    if found is None and len(installed) == 1 and not new_district:
        only = next(iter(installed.values()))
        if said is None:
            found = only if _speaks_of(parsed, only, or_of_none=True) else None
        elif only.sis_id == NAMELESS and (
            not only.schools.exists() or _speaks_of(parsed, only, or_of_none=False)
        ):
            # The same schools, or the first ones at all, and now the roster names their district.
            found, only.sis_id = only, sis_id
            only.save(update_fields=["sis_id"])
    if found is None:
        if installed and not new_district:
            here = ", ".join(district.name for district in list(installed.values())[:3])
            raise UnusableRoster(
                f"This roster is of {_name(parsed)}; installed here is {here}. Nothing was changed."
                " If both shall live in this installation, import it with --new-district."
            )
        return District.objects.create(
            sis_id=sis_id, name=_name(parsed)[:LONGEST], timezone=timezone or TIMEZONE
        )
    # One import at a time. Not FOR UPDATE: that would hold up all that is written for the district.
    District.objects.select_for_update(no_key=True).get(pk=found.pk)
    if timezone and found.timezone != timezone:
        found.timezone = timezone
        found.save(update_fields=["timezone"])
    return found


def refuse_foreign(parsed: Parsed, district: District) -> None:
    """Make this the roster of this district, or raise UnusableRoster where it is a neighbour's.

    Whoever loads a roster here must not be able to change a neighbouring district's.
    """
    if parsed.format == "mapped" and parsed.district is None:
        # A table names no district: it is the one of whoever explained its columns.
        parsed.district = records.District(id=district.sis_id, name=district.name)
    said = parsed.district
    others = District.objects.exclude(pk=district.pk)
    if others.filter(sis_id=said.id).exists() if said else others.exists():
        raise UnusableRoster(
            "This roster is not of your district. Nothing was changed. Ask whoever runs Bothways for you."
        )


def _speaks_of(parsed: Parsed, district: District, *, or_of_none: bool) -> bool:
    """Whether the roster has one of the district's schools; ``or_of_none``: or no school at all."""
    ids = [school.id for school in parsed.schools]
    if not ids:
        return or_of_none
    return School.objects.filter(district=district, sis_id__in=ids).exists()


def _name(parsed: Parsed) -> str:
    if parsed.district and parsed.district.name:
        return parsed.district.name
    if len(parsed.schools) == 1:
        return parsed.schools[0].name
    return "The district"
