"""A roster can add a restriction; only a person lifts one. What cannot be read blocks and asks."""

import pytest

from bothways.consent.queries import standing
from bothways.core import clock
from bothways.people.models import Restriction
from bothways.roster.records import Guardian, Link
from bothways.roster.report import Conflict
from bothways.roster.services import rebuild_households
from bothways.schools.models import District
from roster.written import change, change_link, guardian, homes, link, load, town, without

pytestmark = pytest.mark.django_db

Held = list[tuple[str, str, bool, bool]]


def held() -> Held:
    """Every restriction: guardian, kind, whether a person must look, whether it was lifted."""
    return [
        (str(r.link.guardian.sis_id), r.kind, r.needs_review, r.lifted_at is not None)
        for r in Restriction.objects.select_related("link__guardian").order_by(
            "link__guardian__sis_id", "kind"
        )
    ]


def may_hear_of_emily() -> list[str]:
    links = standing(district=District.objects.get(), at=clock.now())
    found = links.filter(student__sis_id="emily").order_by("guardian__sis_id")
    return [str(row.guardian.sis_id) for row in found.select_related("guardian")]


def test_words_that_can_be_read_become_restrictions_of_their_kinds() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="No contact; no pickup")
    load(parsed)
    assert held() == [("luis", "contact", False, False), ("luis", "pick_up", False, False)]
    row = Restriction.objects.get(kind="contact")
    assert (row.source, row.document) == ("roster", "No contact; no pickup")
    assert may_hear_of_emily() == ["rosa"]


def test_words_that_say_nothing_restrict_nothing() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="none")
    report = load(parsed)
    assert (held(), report.flagged) == ([], [])


def test_words_that_cannot_be_read_block_and_ask() -> None:
    parsed = town()
    change_link(
        parsed, "emily", "luis", restriction_text="see file", file="relationships.csv", line=4
    )
    report = load(parsed)
    assert held() == [("luis", "contact", True, False)]
    assert [(f.file, f.line) for f in report.flagged] == [("relationships.csv", 4)]
    assert "see file" not in str(report.flagged)
    assert may_hear_of_emily() == ["rosa"]


def test_words_about_a_child_that_name_nobody_hold_for_every_adult_of_it() -> None:
    parsed = town()
    change(parsed.students, "emily", restriction_text="do not release to dad", file="u.csv", line=3)
    report = load(parsed)
    assert held() == [("luis", "contact", True, False), ("rosa", "contact", True, False)]
    assert may_hear_of_emily() == []
    assert [(f.file, f.line) for f in report.flagged] == [("u.csv", 3)]


def test_words_about_a_child_hold_for_an_adult_who_comes_later() -> None:
    parsed = town()
    change(parsed.students, "emily", restriction_text="no records")
    load(parsed)
    parsed.guardians.append(Guardian("ines", "Ines", "Ruiz"))
    parsed.links.append(Link("emily", "ines", "aunt"))
    load(parsed)
    assert [who for who, kind, _, _ in held() if kind == "records"] == ["ines", "luis", "rosa"]


def test_a_restriction_that_the_roster_no_longer_says_stays_and_is_shown() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="no contact")
    load(parsed)
    report = load(town())
    assert held() == [("luis", "contact", False, False)]
    assert may_hear_of_emily() == ["rosa"]
    assert report.conflicts == [
        Conflict("restriction", "emily/luis", "contact", "no longer said", "stays")
    ]


def test_a_restriction_stays_while_its_adult_is_gone_and_holds_when_back() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="no contact")
    load(parsed)
    load(without(town(), "luis"))
    load(town())
    assert link("emily", "luis").ended_at is None
    assert may_hear_of_emily() == ["rosa"]


def test_what_a_person_lifted_stays_lifted_under_the_same_words_only() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="see file")
    load(parsed)
    Restriction.objects.update(lifted_at=clock.now())
    report = load(parsed)
    assert held() == [("luis", "contact", True, True)]
    assert report.conflicts == [Conflict("restriction", "emily/luis", "contact", "said", "lifted")]
    change_link(parsed, "emily", "luis", restriction_text="restraining order")
    load(parsed)
    assert held() == [("luis", "contact", False, False)]


def test_words_that_become_readable_do_not_unblock_what_nobody_looked_at() -> None:
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="see file")
    load(parsed)
    change_link(parsed, "emily", "luis", restriction_text="no records")
    load(parsed)
    assert held() == [("luis", "contact", True, False), ("luis", "records", False, False)]


def test_a_restricted_parent_leaves_the_common_household() -> None:
    load(town())
    shared = guardian("luis").household_id
    assert shared == guardian("rosa").household_id
    parsed = town()
    change_link(parsed, "emily", "luis", restriction_text="no contact")
    load(parsed)
    assert guardian("rosa").household_id == shared
    assert guardian("luis").household_id not in (None, shared)
    assert (frozenset({"luis"}), frozenset({"emily"})) in homes()


def test_households_follow_a_restriction_entered_here() -> None:
    load(town())
    Restriction.objects.create(
        district=District.objects.get(), link=link("emily", "luis"), kind="address"
    )
    rebuild_households(District.objects.get())
    assert guardian("luis").household_id != guardian("rosa").household_id
    Restriction.objects.update(lifted_at=clock.now())
    rebuild_households(District.objects.get())
    assert guardian("luis").household_id == guardian("rosa").household_id
    assert len(homes()) == 2


def test_a_restriction_on_a_link_that_ended_still_keeps_homes_apart() -> None:
    parsed = town()
    parsed.links.append(Link("troy", "luis", "stepfather", restriction_text="no contact"))
    parsed.links.append(Link("troy", "rosa", "aunt", lives_with=True))
    load(parsed)
    load(town())
    assert guardian("luis").household_id != guardian("rosa").household_id


@pytest.mark.parametrize("only_his", [True, False])
def test_rebuilding_one_family_gives_what_rebuilding_all_gives(only_his: bool) -> None:
    load(town())
    Restriction.objects.create(
        district=District.objects.get(), link=link("emily", "luis"), kind="contact"
    )
    guardians = [guardian("luis").pk] if only_his else None
    others = guardian("alician").household_id
    rebuild_households(District.objects.get(), guardians)
    assert homes() == {
        (frozenset({"alician"}), frozenset({"troy"})),
        (frozenset({"rosa"}), frozenset({"emily"})),
        (frozenset({"luis"}), frozenset({"emily"})),
    }
    assert guardian("alician").household_id == others
    Restriction.objects.update(lifted_at=clock.now())
    rebuild_households(District.objects.get(), guardians)
    assert len(homes()) == 2
