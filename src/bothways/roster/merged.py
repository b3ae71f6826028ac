"""A roster read with what people here decided: two of its rows are one person."""

from collections.abc import Iterable
from dataclasses import replace

from bothways.people.models import Guardian as GuardianRow
from bothways.people.models import Link as LinkRow
from bothways.roster import rows
from bothways.roster.records import NO_ADDRESS, Guardian, Link, Parsed, Phone
from bothways.schools.models import District


def as_merged(parsed: Parsed, district: District) -> Parsed:
    """The same roster with the rows of merged people as one; itself where nobody was merged."""
    one_of = dict(merged_ids(district))
    if not one_of:
        return parsed
    whole = parsed.modes.get("guardian") == "bulk"
    known = {} if whole else _known(district, set(one_of.values()))
    return replace(
        parsed,
        guardians=_guardians(parsed.guardians, one_of, known),
        links=_links(parsed.links, one_of),
        ended=_ended(parsed.ended, one_of),
        ended_links=_ended_links(parsed.ended_links, one_of, district),
    )


def merged_ids(district: District) -> Iterable[tuple[str, str]]:
    """(roster id of a row that was merged away, roster id of the row that stands for the person)."""
    rows_ = GuardianRow.objects.filter(
        district=district, sis_id__isnull=False, merged_into__sis_id__isnull=False
    ).values_list("sis_id", "merged_into__sis_id")
    return [(str(away), str(kept)) for away, kept in rows_]


def _known(district: District, ids: set[str]) -> dict[str, Guardian]:
    """What the last rosters said of these people, both rows together."""
    found = GuardianRow.objects.filter(district=district, sis_id__in=ids)
    return {
        str(sis_id): rows.to_guardian(str(sis_id), roster)
        for sis_id, roster in found.values_list("sis_id", "roster")
    }


def _guardians(
    guardians: Iterable[Guardian], one_of: dict[str, str], known: dict[str, Guardian]
) -> list[Guardian]:
    """``known``: where a roster tells of changes only, one row alone does not say all of a person."""
    merged = {*one_of, *one_of.values()}
    found: dict[str, Guardian] = {}
    kept: list[Guardian | str] = []
    for person in guardians:
        if person.id not in merged:
            kept.append(person)
            continue
        one = one_of.get(person.id, person.id)
        if one not in found:
            kept.append(one)
            found[one] = _alone(person, one, known)
        elif person.id == one:
            found[one] = combined(person, found[one])
        else:
            found[one] = combined(found[one], person)
    return [found[one] if isinstance(one, str) else one for one in kept]


def _alone(person: Guardian, one: str, known: dict[str, Guardian]) -> Guardian:
    before = known.get(one)
    if before is None:
        return replace(person, id=one)
    if person.id == one:
        return combined(person, before)
    return replace(combined(before, person), file=person.file, line=person.line)


def combined(first: Guardian, second: Guardian) -> Guardian:
    """One person out of two rows: the first counts, with what it lacks; who cannot read cannot read.

    >>> ana, again = Guardian("a", "Ana", "Ruiz", can_read=True), Guardian("b", "Ana", "R", can_read=False)
    >>> one = combined(ana, again)
    >>> one.id, one.family, one.can_read
    ('a', 'Ruiz', False)
    """
    phones: dict[tuple[str, str], Phone] = {}
    for phone in (*first.phones, *second.phones):
        key = (phone.number, phone.extension)
        before = phones.get(key)
        phones[key] = phone._replace(texts=True) if before and before.texts else phone
    emails = dict.fromkeys(email.lower() for email in (*first.emails, *second.emails))
    reading = [x.can_read for x in (first, second) if x.can_read is not None]
    return replace(
        first,
        preferred_given=first.preferred_given or second.preferred_given,
        preferred_family=first.preferred_family or second.preferred_family,
        emails=tuple(emails),
        phones=tuple(phones.values()),
        unreadable_phones=tuple(
            dict.fromkeys((*first.unreadable_phones, *second.unreadable_phones))
        ),
        address=second.address if first.address == NO_ADDRESS else first.address,
        speaks=first.speaks or second.speaks,
        reads=first.reads or second.reads,
        can_read=all(reading) if reading else None,
        role=first.role or second.role,
    )


def _links(links: Iterable[Link], one_of: dict[str, str]) -> list[Link]:
    merged = {*one_of, *one_of.values()}
    found: dict[tuple[str, str], Link] = {}
    kept: list[Link | tuple[str, str]] = []
    for link in links:
        if link.guardian not in merged:
            kept.append(link)
            continue
        pair = (link.student, one_of.get(link.guardian, link.guardian))
        if pair not in found:
            kept.append(pair)
            found[pair] = replace(link, guardian=pair[1])
        elif link.guardian == pair[1]:
            found[pair] = _both(link, found[pair])
        else:
            found[pair] = _both(found[pair], link)
    return [found[one] if isinstance(one, tuple) else one for one in kept]


def _both(first: Link, second: Link) -> Link:
    """The first counts, with what it lacks; no order is lost."""
    orders = dict.fromkeys(filter(None, (first.restriction_text, second.restriction_text)))

    def known(name: str) -> bool | None:
        said: bool | None = getattr(first, name)
        return getattr(second, name) if said is None else said

    return replace(
        first,
        relation=first.relation or second.relation,
        lives_with=known("lives_with"),
        primary_contact=known("primary_contact"),
        priority=second.priority if first.priority is None else first.priority,
        legal_guardian=known("legal_guardian"),
        emergency_contact=known("emergency_contact"),
        restriction_text="; ".join(orders),
    )


def _ended(ended: dict[str, set[str]], one_of: dict[str, str]) -> dict[str, set[str]]:
    """Who has ended by one of its rows only is still here by the other."""
    users = ended.get("user", set())
    rows_of: dict[str, set[str]] = {}
    for row, one in one_of.items():
        rows_of.setdefault(one, {one}).add(row)
    still = {one for one, rows in rows_of.items() if not rows <= users}
    return {**ended, "user": set(users) - still - set(one_of)}


def _ended_links(
    ended: Iterable[tuple[str, str]], one_of: dict[str, str], district: District
) -> set[tuple[str, str]]:
    """A tie that both rows held ends when the roster ends both; one that a row held alone ends with it."""
    said = set(ended)
    held = set(
        LinkRow.objects.filter(district=district, guardian__merged_into__isnull=False).values_list(
            "student__sis_id", "guardian__merged_into__sis_id"
        )
    )
    found: set[tuple[str, str]] = set()
    for student, guardian in said:
        pair = (student, one_of.get(guardian, guardian))
        rows = {pair[1], *(row for row, one in one_of.items() if one == pair[1])}
        if pair in held and not all((student, row) in said for row in rows):
            continue
        found.add(pair)
    return found
