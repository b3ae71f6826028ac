"""What a roster cannot say, from a file beside it: restrictions, languages, stops, quiet hours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from bothways.audit.services import record
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core.text import fold_address
from bothways.languages.codes import normalise
from bothways.people.enums import PointKind, RestrictionKind, Source
from bothways.people.models import Guardian, Link, Restriction
from bothways.roster.merged import merged_ids
from bothways.roster.services import rebuild_households
from bothways.schools.models import District


@dataclass(slots=True)
class Applied:
    """``unknown``: what could not be applied, in words. ``later``: stops that are not due yet."""

    unknown: list[str] = field(default_factory=list)
    later: list[tuple[datetime, str]] = field(default_factory=list)


@transaction.atomic
def apply_overlay(district: District, overlay: dict[str, Any], *, at: datetime) -> Applied:
    """Write the overlay as local truth; the same one twice changes nothing. Stops after ``at`` wait."""
    result = Applied()
    guardians = _guardians(district, overlay)
    _restrict(district, overlay, result)
    _hide(overlay, guardians, result)
    _languages(overlay, guardians, result)
    for sis_id, value in _pairs(overlay, "reads", result):
        if not isinstance(value, bool):
            result.unknown.append(f"reads: “{sis_id}” needs true or false")
        elif guardian := _one(guardians, sis_id, "reads", result):
            _correct(guardian, can_read=value)
    _quiet(district, overlay, result)
    for address, due in _stops(overlay, result):
        if due > at:
            result.later.append((due, address))
        else:
            apply_stop(district, address, due)
    known = {"restrictions", "hidden_addresses", "languages", "reads", "stops", "quiet_hours"}
    result.unknown += [f"“{key}” is no part of an overlay" for key in sorted(set(overlay) - known)]
    rebuild_households(district)
    record("roster.overlay_applied", district, by=None, district=district.pk)
    return result


def apply_stop(district: District, address: str, at: datetime) -> bool:
    """Stop an address as if the family had said so; False if it was stopped already."""
    kind, match = PointKind.POSTAL, fold_address(address)
    if address.startswith("+"):
        kind, match = PointKind.PHONE, address
    elif "@" in address:
        kind, match = PointKind.EMAIL, address.lower()
    return stop(district=district, kind=kind.value, match=match, by=Stop.By.OURS, at=at)


def _guardians(district: District, overlay: dict[str, Any]) -> dict[str, Guardian]:
    wanted = {str(key) for name in ("languages", "reads") for key in overlay.get(name) or {}}
    wanted |= {str(key) for key in overlay.get("hidden_addresses") or ()}
    found = Guardian.objects.filter(district=district, sis_id__in=wanted).select_related(
        "merged_into"
    )
    return {str(guardian.sis_id): guardian.merged_into or guardian for guardian in found}


def _one(
    guardians: dict[str, Guardian], sis_id: str, part: str, result: Applied
) -> Guardian | None:
    guardian = guardians.get(sis_id)
    if guardian is None:
        result.unknown.append(f"{part}: no guardian “{sis_id}”")
    return guardian


def _restrict(district: District, overlay: dict[str, Any], result: Applied) -> None:
    one_of = dict(merged_ids(district))
    for row in overlay.get("restrictions") or ():
        student, guardian = str(row.get("student")), str(row.get("guardian"))
        guardian = one_of.get(guardian, guardian)
        link = Link.objects.filter(
            district=district, student__sis_id=student, guardian__sis_id=guardian
        ).first()
        if link is None:
            result.unknown.append(f"restrictions: no link of “{guardian}” to “{student}”")
            continue
        try:
            kind = RestrictionKind(str(row.get("kind")))
            starts, ends = _day(row.get("from")), _day(row.get("to"))
        except ValueError:
            kind, starts, ends = None, None, None
        if kind is None or (starts and ends and ends < starts):
            # It says that something is forbidden; until a person looked, everything is.
            result.unknown.append(
                f"restrictions: “{guardian}” to “{student}” cannot be read; contact is blocked"
            )
            Restriction.objects.get_or_create(
                district=district,
                link=link,
                kind=RestrictionKind.CONTACT.value,
                starts_on=None,
                ends_on=None,
                source=Source.LOCAL.value,
                defaults={"needs_review": True},
            )
            continue
        Restriction.objects.get_or_create(
            district=district,
            link=link,
            kind=kind.value,
            starts_on=starts,
            ends_on=ends,
            source=Source.LOCAL.value,
        )


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _hide(overlay: dict[str, Any], guardians: dict[str, Guardian], result: Applied) -> None:
    for sis_id in overlay.get("hidden_addresses") or ():
        if guardian := _one(guardians, str(sis_id), "hidden_addresses", result):
            guardian.address_hidden = True
            guardian.save(update_fields=["address_hidden"])


def _languages(overlay: dict[str, Any], guardians: dict[str, Guardian], result: Applied) -> None:
    for sis_id, value in _pairs(overlay, "languages", result):
        language = normalise(str(value))
        if language is None:
            result.unknown.append(f"languages: “{value}” is no language we know")
        elif guardian := _one(guardians, sis_id, "languages", result):
            _correct(guardian, speaks=language, reads=language)


def _correct(guardian: Guardian, **values: str | bool) -> None:
    """Local truth: kept beside what the roster says, and what counts."""
    for name, value in values.items():
        setattr(guardian, name, value)
    guardian.local = guardian.local | values
    guardian.save(update_fields=["local", *values])


def _pairs(overlay: dict[str, Any], name: str, result: Applied) -> Iterator[tuple[str, Any]]:
    part = overlay.get(name) or {}
    if not isinstance(part, dict):
        result.unknown.append(f"{name}: not a list of guardian and value")
        return
    yield from ((str(key), value) for key, value in part.items())


def _quiet(district: District, overlay: dict[str, Any], result: Applied) -> None:
    hours = overlay.get("quiet_hours")
    if hours is None:
        return
    try:
        start, end = (time.fromisoformat(str(hour)) for hour in hours)
    except (TypeError, ValueError):
        result.unknown.append("quiet_hours: not two times like 20:30 and 07:00")
        return
    district.quiet_from, district.quiet_until = start, end
    district.save(update_fields=["quiet_from", "quiet_until"])


def _stops(overlay: dict[str, Any], result: Applied) -> Iterator[tuple[str, datetime]]:
    for row in overlay.get("stops") or ():
        try:
            due = datetime.fromisoformat(str(row["at"]))
            address = str(row["address"])
        except (KeyError, TypeError, ValueError):
            result.unknown.append("stops: each needs an address and a time with its offset")
            continue
        if due.tzinfo is None:
            result.unknown.append(f"stops: {row['at']} has no offset from UTC")
            continue
        yield address, due
