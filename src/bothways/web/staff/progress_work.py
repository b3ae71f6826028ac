"""What is done with an uploaded attendance file or gradebook: look what it is, try it, take it in."""

from collections.abc import Callable

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.progress.enums import Kind
from bothways.progress.readers.columns import Meaning, from_json, guess, problems
from bothways.progress.readers.tables import start
from bothways.progress.services.attendance import load_attendance
from bothways.progress.services.gradebook import load_gradebook
from bothways.progress.services.taking import Report
from bothways.roster.readers import UnusableRoster
from bothways.web.staff.scope import schools_where
from bothways.web.staff.uploads import Upload

_LOADS: dict[Kind, Callable[..., Report]] = {
    Kind.ATTENDANCE: load_attendance,
    Kind.GRADEBOOK: load_gradebook,
}


def look(upload: Upload) -> None:
    """Decide whether its columns must be explained first; an upload that is nothing says why."""
    kind = Kind(upload.what)
    try:
        head = start(upload.source, kind)
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
    else:
        clear = head.oneroster or not problems(kind, guess(kind, head.header), head.header)
        upload.stage = "waiting" if clear else "mapping"
    upload.save()


def attempt(upload: Upload) -> None:
    """Take it in and take it back, so that the preview is exact; the report lands in the upload."""
    try:
        report = _load(upload, dry_run=True)
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
    else:
        upload.stage, upload.report = "ready", report.short()
    upload.save()


def carry_out(upload: Upload) -> Report | None:
    """Take it in for good; None where that turned out to be impossible (the upload says why)."""
    try:
        report = _load(upload, dry_run=False)
    except UnusableRoster as error:
        upload.stage, upload.words = "unusable", str(error)
        upload.save()
        return None
    upload.discard()
    return report


def meaning_of(upload: Upload) -> Meaning | None:
    return from_json(upload.mapping, Kind(upload.what)) if upload.mapping else None


def _load(upload: Upload, *, dry_run: bool) -> Report:
    user = User.objects.select_related("district").get(pk=upload.user)
    district = user.district
    if district is None or district.pk != upload.district or not user.is_active:
        raise UnusableRoster("This file was loaded for another district.")
    schools = schools_where(user, Permission.ATTENDANCE)
    return _LOADS[Kind(upload.what)](
        upload.source,
        district=district,
        meaning=meaning_of(upload),
        by=user.pk,
        schools=schools,
        dry_run=dry_run,
        source=upload.name,
    )
