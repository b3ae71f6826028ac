"""A sender's rate holds for all workers together, and emergencies come first."""

import threading
import time

import pytest
from django.db import connection

from bothways.channels.contract import Misconfigured, Settings, rate_of
from bothways.channels.models import Pace
from bothways.channels.pace import pause, take

pytestmark = pytest.mark.django_db


def a_second_later(seconds: float = 1.0) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_pace SET filled_at = filled_at - %s * interval '1 second',"
            " paused_until = paused_until - %s * interval '1 second'",
            [seconds, seconds],
        )


def taken(**over: object) -> int:
    values = {"rate": 10.0, "wanted": 500, "urgent": False, **over}
    return take("twilio", **values).count  # type: ignore[arg-type]


def test_a_sender_without_a_rate_gives_all_that_is_wanted() -> None:
    assert [taken(rate=None) for _ in range(3)] == [500, 500, 500]


def test_a_rate_is_a_seconds_worth_and_then_what_time_brings() -> None:
    assert taken() == 10
    assert taken() == 0
    a_second_later()
    assert taken() == 10
    a_second_later(3600)
    assert taken() == 10  # a quiet hour is no licence for a burst


def test_less_than_half_a_second_is_not_worth_a_batch_and_says_when_to_ask_again() -> None:
    taken()
    a_second_later(0.25)
    grant = take("twilio", rate=10.0, wanted=500, urgent=False)
    assert grant.count == 0
    assert grant.wait == pytest.approx(0.25, abs=0.1)


def test_one_text_in_two_seconds_is_possible() -> None:
    assert taken(rate=0.5) == 1
    assert taken(rate=0.5) == 0
    a_second_later(2)
    assert taken(rate=0.5) == 1


def test_an_emergency_takes_what_newsletters_would_have_had() -> None:
    taken()
    assert taken(urgent=True) == 10  # it does not wait behind what they used up
    a_second_later()
    assert taken(urgent=True) == 10
    assert taken() == 0  # and both together stay within the rate
    a_second_later()
    assert taken() == 0
    a_second_later()
    assert taken() == 10


def test_a_carrier_that_asks_for_peace_gets_it_from_everybody() -> None:
    pause("twilio", 30)
    assert take("twilio", rate=None, wanted=5, urgent=True).wait == pytest.approx(30, abs=1)
    assert taken() == 0
    assert take("smtp", rate=None, wanted=5, urgent=False).count == 5
    a_second_later(31)
    assert taken(rate=None) == 500


def test_no_pause_lasts_for_hours() -> None:
    pause("twilio", 1e9)
    assert take("twilio", rate=None, wanted=5, urgent=False).wait <= 300


@pytest.mark.parametrize("value", ["fast", "-1", "0", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(Misconfigured):
        rate_of(Settings({"rate": value}))


def test_a_rate_may_be_left_out() -> None:
    assert (rate_of(Settings({})), rate_of(Settings({"rate": "0.5"}))) == (None, 0.5)


@pytest.mark.django_db(transaction=True)
def test_four_workers_together_keep_the_rate() -> None:
    got: list[int] = []
    until = time.monotonic() + 1.0

    def work() -> None:
        while time.monotonic() < until:
            grant = take("twilio", rate=100.0, wanted=20, urgent=False)
            got.append(grant.count)
            time.sleep(min(grant.wait, 0.05))
        connection.close()

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A full bucket at first, then 100 a second, however long this machine took.
    assert 100 <= sum(got) <= 100 + 100 * (time.monotonic() - started)
    assert Pace.objects.count() == 1
