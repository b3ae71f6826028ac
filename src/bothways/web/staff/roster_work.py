"""What is done with an uploaded roster: look what it is, try it, import it."""

from contextlib import closing
from typing import Any

from bothways.accounts.models import User
from bothways.roster.districts import refuse_foreign
from bothways.roster.readers import UnusableRoster, oneroster, open_roster, sources
from bothways.roster.readers.mapping import from_json
from bothways.roster.readers.sources import Limits
from bothways.roster.records import Parsed
from bothways.roster.report import NeedsConfirmation, Report
from bothways.roster.services import import_roster
from bothways.web.staff.uploads import Upload

# Rows of a kind that a preview shows; the counts say how many there are.
MOST_SHOWN = 200


def look(upload: Upload) -> None:
    """Decide whether its columns must be explained first; an upload that is nothing says why."""
    try:
        with closing(sources.find(upload.source, Limits())) as source:
            known = oneroster.recognises(source)
            tables = len(source.names)
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
    else:
        upload.stage = "waiting" if known or tables != 1 else "mapping"
    upload.save()


def attempt(upload: Upload) -> None:
    """Import and take back, so that the preview is exact; the report lands in the upload."""
    try:
        parsed = _parsed(upload)
        try:
            report = import_roster(parsed, by=upload.user, dry_run=True)
            upload.losses = []
        except NeedsConfirmation as stop:
            if stop.report is None:
                raise
            report = stop.report
            upload.losses = [str(loss) for loss in stop.losses]
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
    else:
        upload.stage, upload.report = "ready", _kept(report) | {"format": parsed.format}
    upload.save()


def carry_out(upload: Upload) -> Report | None:
    """Import for good; None where that turned out to be impossible (the upload says why)."""
    try:
        report = import_roster(
            _parsed(upload),
            by=upload.user,
            allow_removals=upload.allow_removals,
            source=upload.name,
        )
    except NeedsConfirmation as stop:
        upload.stage, upload.losses = "ready", [str(loss) for loss in stop.losses]
        upload.save()
        upload.release()
        return None
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
        upload.save()
        return None
    upload.discard()
    return report


def _parsed(upload: Upload) -> Parsed:
    user = User.objects.select_related("district").get(pk=upload.user)
    district = user.district
    if district is None or district.pk != upload.district:
        raise UnusableRoster("This roster was loaded for another district.")
    mapping = from_json(upload.mapping) if upload.mapping else None
    parsed = open_roster(upload.source, mapping, region=district.region)
    refuse_foreign(parsed, district)
    return parsed


def _kept(report: Report) -> dict[str, Any]:
    words = report.as_json()
    for name in ("rejected", "flagged", "conflicts", "possibly_same"):
        words[f"{name}_count"] = len(words[name])
        words[name] = words[name][:MOST_SHOWN]
    return words
