"""The made-up district in two weeks that differ in nothing but what families told stands in their way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from bothways.barriers.enums import HelpState, Source
from bothways.barriers.queries import catalogue, touched
from bothways.barriers.services import note, solve
from bothways.channels.services import configure
from bothways.commands.demo_district import generate
from bothways.consent.queries import allowed, hushed
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery
from bothways.messaging.services.messages import Draft, send
from bothways.outreach.models import Task
from bothways.outreach.services.climbing import advance
from bothways.people.models import Household
from bothways.roster.readers import open_roster
from bothways.roster.services import import_roster
from bothways.schools.models import District
from messaging.world import MONDAY_MORNING

pytestmark = pytest.mark.django_db

EVERY = timedelta(hours=3)  # nine, noon, three, six, nine
# What was told, by how many families each; and what one of them has been given.
TOLD = ("nights", "evenings", "internet", "phone", "reading", "past_hurt", "safety", "transport")
EACH = 12


class _TakenBack(Exception):
    pass


@pytest.fixture
def town(db: None, at: Path, tmp_path: Path) -> District:
    """The made-up district, as its roster has it, with calls and email set up."""
    generate(tmp_path / "roster")
    import_roster(open_roster(tmp_path / "roster"), by=None)
    configure(
        "twilio_voice", {"account_sid": "AC1", "auth_token": "t", "from_number": "+15005550006"}
    )
    configure("twilio", {"account_sid": "AC1", "auth_token": "t", "from_number": "+15005550006"})
    return District.objects.get()


def a_week(
    district: District, at: Path, homes: Sequence[Household], days: int = 7
) -> dict[int, list[str]]:
    """What each family gets in a week of words about its own children, from whom no sign comes.

    What goes out arrives and is not seen.
    """
    send(
        Draft(
            Purpose.PERSONAL,
            Audience(households=tuple(home.pk for home in homes)),
            {"en": "May I call you about this week?", "es": "¿Puedo llamarle por esta semana?"},
            {},
        ),
        district=district,
        by=None,
    )
    for step in range(days * 24 * 60 // int(EVERY.total_seconds() // 60)):
        now = MONDAY_MORNING + step * EVERY
        clock.stop_at(at, now)
        Delivery.objects.filter(state=State.QUEUED.value).update(
            state=State.DELIVERED.value, rank=State.DELIVERED.rank, accepted_at=now
        )
        advance(district, at=now)
    done: dict[int, list[tuple[object, str]]] = defaultdict(list)
    for home, made, channel in Delivery.objects.exclude(state=State.WITHHELD.value).values_list(
        "household_id", "created_at", "channel"
    ):
        evening = made.astimezone(district.zone).hour >= 17
        done[home].append((made, f"{channel} after five" if evening else channel))
    for home, made, kind in Task.objects.values_list("household_id", "opened_at", "kind"):
        done[home].append((made, f"person: {kind}"))
    return {
        home: list(dict.fromkeys(what for _, what in sorted(rows)))  # type: ignore[type-var]
        for home, rows in done.items()
    }


def tell(district: District, homes: Mapping[str, Sequence[Household]]) -> None:
    for code, those in homes.items():
        for home in those:
            note(household=home, barrier=code, by=None, source=Source.SURVEY)


def lawful(district: District) -> set[tuple[int, str]]:
    """Each family with each address that it may be written to."""
    links = allowed(district=district, at=clock.now()).values_list(
        "guardian__household_id", "match"
    )
    return {(home, match) for home, match in links if home is not None}


def test_what_families_told_changes_what_the_climb_does_next_week(town: District, at: Path) -> None:
    advance(town, at=MONDAY_MORNING)  # what is known of all families is worked out once
    weeks: list[dict[int, list[str]]] = []
    with_phone = _reached_by(town, "phone")
    chosen: dict[str, Sequence[Household]] = {
        code: with_phone[number * EACH : (number + 1) * EACH] for number, code in enumerate(TOLD)
    }
    riders = chosen["transport"][:3]
    for told in (False, True):
        clock.stop_at(at, MONDAY_MORNING)
        try:
            with transaction.atomic():
                if told:
                    tell(town, chosen)
                    for home in riders:
                        solve(household=home, solution="ride", state=HelpState.IN_PLACE, by=None)
                    _matrix_is(town, chosen)
                    _asleep_are(town, chosen["nights"])
                may = lawful(town)
                weeks.append(a_week(town, at, with_phone[: (len(TOLD) + 3) * EACH]))
                sent = set(
                    Delivery.objects.exclude(state=State.WITHHELD.value)
                    .exclude(match="")
                    .values_list("household_id", "match")
                )
                assert sent <= may
                raise _TakenBack
        except _TakenBack:
            pass
    before, after = weeks
    touched_homes = {home.pk for those in chosen.values() for home in those}
    # Nothing changes for a family of whom nothing was told.
    assert {home: did for home, did in after.items() if home not in touched_homes} == {
        home: did for home, did in before.items() if home not in touched_homes
    }
    differ = {
        code: sum(before.get(home.pk) != after.get(home.pk) for home in those)
        for code, those in chosen.items()
    }
    assert {code for code, number in differ.items() if number} == {
        "evenings",
        "internet",
        "phone",
        "reading",
        "past_hurt",
    }
    for home in chosen["evenings"]:
        assert "voice after five" not in after.get(home.pk, [])
    for home in chosen["internet"]:
        # Nobody who has a number or an address is written to by email alone.
        assert after.get(home.pk) != ["email"]
    for home in chosen["phone"]:
        did = [what for what in after[home.pk] if not what.startswith("person")]
        assert "letter" not in did or did.index("letter") <= 1
        calls = [what for what in did if what.startswith("voice")]
        assert not calls or "letter" in did[: did.index(calls[0])]
    for home in (*chosen["reading"], *chosen["past_hurt"]):
        later = after[home.pk][1:]  # what the climb did, after the first word
        if "letter" in later:
            assert any(what.startswith("person") for what in later[: later.index("letter")])
    went = [home for home in chosen["past_hurt"] if before.get(home.pk) != after.get(home.pk)]
    assert {what for home in went for what in after[home.pk] if what.startswith("person")} == {
        "person: go_between"
    }


def _reached_by(town: District, kind: str) -> list[Household]:
    """Families with a number and a postal address, the first ones first."""
    ids = lawful_homes(town, kind) & lawful_homes(town, "postal")
    return list(Household.objects.filter(pk__in=ids).order_by("pk"))


def lawful_homes(town: District, kind: str) -> set[int]:
    links = allowed(district=town, at=clock.now()).filter(kind=kind)
    return {home for home in links.values_list("guardian__household_id", flat=True) if home}


def _matrix_is(town: District, chosen: Mapping[str, Sequence[Household]]) -> None:
    found = touched(town, catalogue(town), None)
    assert {one.barrier.code: len(one.families) for one in found} == dict.fromkeys(chosen, EACH)
    assert {one.barrier.code: len(one.covered) for one in found if one.covered} == {"transport": 3}


def _asleep_are(town: District, homes: Sequence[Household]) -> None:
    """At nine on Monday nothing rings where somebody sleeps by day; at three it does."""
    assert set(hushed(town, MONDAY_MORNING).loud) == {home.pk for home in homes}
    assert not hushed(town, MONDAY_MORNING + timedelta(hours=6)).loud
