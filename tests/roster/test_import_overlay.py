"""What a roster cannot say: local truth that imports leave alone."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from bothways.consent.models import Stop
from bothways.people.models import Restriction
from bothways.roster.overlay import apply_overlay
from bothways.schools.models import District
from roster.written import guardian, homes, link, load, town

pytestmark = pytest.mark.django_db

START = datetime(2026, 9, 14, 13, 0, tzinfo=UTC)
OVERLAY: dict[str, Any] = {
    "restrictions": [
        {
            "student": "emily",
            "guardian": "luis",
            "kind": "contact",
            "from": "2026-08-01",
            "to": None,
        }
    ],
    "hidden_addresses": ["rosa"],
    "languages": {"rosa": "es", "alician": "Spanish"},
    "reads": {"rosa": False},
    "stops": [
        {"address": "+15125550101", "at": "2026-09-14T07:00:00-05:00"},
        {"address": "Alician@mail.example", "at": "2026-09-14T19:00:00-05:00"},
    ],
    "quiet_hours": ["20:30", "07:00"],
}


def test_an_overlay_is_written_as_local_truth() -> None:
    load(town())
    result = apply_overlay(District.objects.get(), OVERLAY, at=START)
    assert result.unknown == []
    rosa = guardian("rosa")
    assert (rosa.address_hidden, rosa.speaks, rosa.reads, rosa.can_read) == (
        True,
        "es",
        "es",
        False,
    )
    assert guardian("alician").local == {"speaks": "es", "reads": "es"}
    row = Restriction.objects.get()
    assert (row.link, row.kind, row.starts_on, row.ends_on, row.source) == (
        link("emily", "luis"),
        "contact",
        date(2026, 8, 1),
        None,
        "local",
    )
    district = District.objects.get()
    assert (district.quiet_from, district.quiet_until) == (time(20, 30), time(7, 0))
    assert (frozenset({"rosa"}), frozenset({"emily"})) in homes()


def test_stops_that_are_not_due_wait() -> None:
    load(town())
    result = apply_overlay(District.objects.get(), OVERLAY, at=START)
    assert [(s.kind, s.match, s.by) for s in Stop.objects.all()] == [
        ("phone", "+15125550101", "ours")
    ]
    assert result.later == [
        (datetime.fromisoformat("2026-09-14T19:00:00-05:00"), "Alician@mail.example")
    ]


def test_an_import_and_a_second_overlay_change_nothing() -> None:
    load(town())
    apply_overlay(District.objects.get(), OVERLAY, at=START)
    before = homes()
    report = load(town())
    apply_overlay(District.objects.get(), OVERLAY, at=START)
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert homes() == before
    assert (Restriction.objects.count(), Stop.objects.count()) == (1, 1)


def test_what_cannot_be_applied_is_told_and_the_rest_is_done() -> None:
    load(town())
    result = apply_overlay(
        District.objects.get(),
        {
            "restrictions": [
                {"student": "emily", "guardian": "nobody", "kind": "contact"},
                {"student": "emily", "guardian": "luis", "kind": "everything"},
            ],
            "hidden_addresses": ["ghost", "rosa"],
            "languages": {"rosa": "Klingonese-ish"},
            "reads": {"alician": "no"},
            "stops": [{"address": "+15125550101"}, {"address": "x", "at": "2026-09-14T07:00:00"}],
            "quiet_hours": "late",
            "holidays": [],
        },
        at=START,
    )
    assert len(result.unknown) == 9
    assert guardian("rosa").address_hidden
    # A restriction that cannot be read blocks until a person has looked.
    row = Restriction.objects.get()
    assert (row.link, row.kind, row.needs_review) == (link("emily", "luis"), "contact", True)
