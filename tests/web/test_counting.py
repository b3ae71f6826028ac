"""Figures of many families are counted once a minute; of few, of emergencies and after a deed, at once."""

import pytest
from django.core.cache import cache

from bothways.accounts.models import User
from bothways.messaging.audience import Audience
from bothways.messaging.became import MissedHomes, became
from bothways.messaging.enums import Purpose, State
from bothways.messaging.fanout import Fanned
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.messages import Draft
from bothways.people.models import Household
from bothways.web.staff import counting
from people import Cast
from web.happenings import write
from web.visiting import Visit

FORM = {"who": "all", "purpose": "routine", "draft": "one"}


@pytest.fixture(autouse=True)
def _nothing_kept(db: None) -> None:
    cache.clear()


def _counted(everybody: Cast, visit: Visit, **fields: str) -> int:
    answer = visit(everybody.admin).post("/write/count/", FORM | fields)
    families: int = answer.context["counted"].families
    return families


@pytest.mark.parametrize(
    ("many", "purpose", "change"),
    [(0, "routine", 0), (1_000, "routine", -1), (0, "emergency", -1)],
)
def test_only_large_audiences_are_counted_once_a_minute(
    everybody: Cast,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
    purpose: str,
    change: int,
) -> None:
    monkeypatch.setattr(counting, "MANY", many)
    before = _counted(everybody, visit, purpose=purpose)
    Household.objects.filter(pk=everybody.nours_home.pk).update(ended_at="2026-01-01T00:00:00Z")
    assert _counted(everybody, visit, purpose=purpose) - before == change


def test_what_one_counted_is_not_shown_to_another(everybody: Cast) -> None:
    draft = Draft(Purpose.ROUTINE, Audience(), {}, {})
    figures = {everybody.admin: 9_000, everybody.mrs_c: 7_000}

    def families(user: User, count: int) -> int:
        found = Fanned(count, count, {}, {}, 0)
        return counting.of_draft("whom", draft, by=user, words=False, count=lambda: found).families

    first = [families(user, count) for user, count in figures.items()]
    again = [families(user, 0) for user in figures]
    assert (first, again) == ([9_000, 7_000], [9_000, 7_000])


def _failed(message: Message, *homes: Household) -> None:
    Delivery.objects.filter(message=message, household__in=homes).update(
        state=State.UNDELIVERED.value, rank=State.UNDELIVERED.rank, error="5.1.1"
    )


def test_after_a_deed_the_figures_are_fresh(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MANY", 0)
    message = write(everybody, everybody.admin)
    Delivery.objects.filter(message=message).update(
        state=State.HELD.value, rank=State.HELD.rank, accepted_at=None
    )
    client = visit(everybody.admin)
    before = client.get(f"/sent/{message.pk}/").context["unclear_count"]
    client.post(f"/sent/{message.pk}/deliveries/", {"what": "leave"})
    after = client.get(f"/sent/{message.pk}/").context["unclear_count"]
    assert (before, after) == (Delivery.objects.count(), 0)


def test_those_who_did_not_get_it_are_read_page_by_page(everybody: Cast) -> None:
    message = write(everybody, everybody.admin)
    none = became(message, None).missed
    _failed(message, everybody.troys_home, everybody.nours_home)
    now_so = became(message, None)
    missed = MissedHomes(message, None, now_so.missed)
    assert now_so.missed == none + 2
    assert list(missed[0:100]) == sorted(missed[0:100])
    assert {everybody.troys_home.pk, everybody.nours_home.pk} <= set(missed[0:100])
    assert [missed[at] for at in range(len(missed))] == missed[0:100]
    assert missed[len(missed) :] == []
    only = Household.objects.filter(pk=everybody.troys_home.pk)
    assert became(message, only).missed == 1


def test_words_in_a_digest_that_came_to_nothing_did_not_arrive(everybody: Cast) -> None:
    message = write(everybody, everybody.admin)
    row = Delivery.objects.filter(message=message, household=everybody.troys_home).first()
    digest = write(everybody, everybody.admin).deliveries.get(household=everybody.troys_home)
    assert row is not None
    Delivery.objects.filter(pk=digest.pk).update(
        state=State.UNDELIVERED.value, rank=State.UNDELIVERED.rank
    )
    Delivery.objects.filter(pk=row.pk).update(state=State.GATHERED.value, digest=digest.pk)
    only = Household.objects.filter(pk=everybody.troys_home.pk)
    figures = became(message, only)
    assert (figures.missed, list(MissedHomes(message, only, 1)[:9])) == (
        1,
        [everybody.troys_home.pk],
    )


def test_who_got_it_another_way_did_get_it(everybody: Cast) -> None:
    message = write(everybody, everybody.admin)
    home = everybody.troys_home
    one = Delivery.objects.filter(message=message, household=home).first()
    assert one is not None
    _failed(message, home)
    before = became(message, None).missed
    one.pk, one.key, one.code, one.channel = None, "another", "ANOTHERCODE", "letter"
    one.state, one.rank = State.DELIVERED.value, State.DELIVERED.rank
    one.save()
    after = became(message, None).missed
    assert (after, len(MissedHomes(message, None, after)[:])) == (before - 1, before - 1)
