"""What goes wrong between the carrier and the school: reports out of order, and reports that were missed."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.clock import Clock

ALICIAN = "+19505550101"


def statuses(school) -> list[str]:
    return [form["MessageStatus"] for _, form in school.hooks]


async def test_an_early_day_reports_before_the_answer_backwards_and_then_as_usual(sandbox, school):
    driver = await sandbox()
    await driver.control("fault", {"mode": "early", "requests": 1})
    status, answer = await driver.text(ALICIAN)
    assert (status, answer["status"]) == (201, "queued")
    assert statuses(school) == ["delivered", "sent"]
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert statuses(school) == ["delivered", "sent", "sent", "delivered"]
    assert driver.outcomes() == ["delivered"]
    assert [event["what"] for event in driver.lines("events")] == ["delivered"]
    assert school.forged == 0


async def test_an_early_report_of_a_failure_carries_its_code(sandbox, school):
    driver = await sandbox(people={ALICIAN: {"kind": "landline"}})
    await driver.control("fault", {"mode": "early", "requests": 1})
    await driver.text(ALICIAN)
    assert [form.get("ErrorCode") for _, form in school.hooks] == ["30006", None]


async def test_the_town_says_how_long_a_report_takes(sandbox, school):
    driver = await sandbox(report_seconds=[0, 0])
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T08:00:00-05:00")
    assert statuses(school) == ["sent", "delivered"]


async def test_a_report_that_was_never_taken_is_told_after_a_restart(sandbox, school):
    driver = await sandbox()
    school.status = 503
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T08:01:00-05:00")
    assert school.hooks == []
    school.status = 200
    driver = await sandbox()
    await driver.advance("2021-09-13T08:01:00-05:00")
    assert statuses(school) == ["sent", "delivered"]
    driver = await sandbox()
    await driver.advance("2021-09-13T12:00:00-05:00")
    assert statuses(school) == ["sent", "delivered"]


async def test_words_of_a_family_that_were_never_taken_are_told_after_a_restart(sandbox, school):
    changes = {"after_arrival": {"sees": 1.0, "answers": 1.0, "minutes": [1, 1]}}
    driver = await sandbox(**changes)
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T08:00:30-05:00")
    school.status, school.hooks[:] = 503, []
    await driver.advance("2021-09-13T08:02:00-05:00")
    school.status = 200
    driver = await sandbox(**changes)
    await driver.advance("2021-09-13T08:02:00-05:00")
    assert [form["Body"] for _, form in school.hooks] == ["Gracias, ¿a qué hora?"]


async def test_on_a_running_clock_one_slow_event_does_not_hold_up_the_others():
    agenda = Agenda(Clock(ZoneInfo("America/Chicago"), datetime.now(UTC), speed=1.0))
    together = asyncio.Barrier(10)
    for n in range(10):
        agenda.put(agenda.clock.now() - timedelta(seconds=n), together.wait)
    await asyncio.wait_for(agenda.advance(agenda.clock.now()), 10)
    assert together.n_waiting == 0
