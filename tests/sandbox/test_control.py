import pytest

from sandbox.school import CONTROL

POSTS = ("advance", "residents", "handover", "fault", "tray", "slips/take")
GETS = ("next", "slips", "stats")


async def test_control_calls_need_the_token(sandbox):
    driver = await sandbox()
    for headers in ({}, {"X-Control-Token": "guess"}, {"X-Control-Token": "gü\udcff"}):
        for path in POSTS:
            url = f"{driver.running.url}/control/{path}"
            async with driver.http.post(url, json={}, headers=headers) as answer:
                assert answer.status == 401
        for path in GETS:
            url = f"{driver.running.url}/control/{path}"
            async with driver.http.get(url, headers=headers) as answer:
                assert answer.status == 401


async def test_time_is_moved_step_by_step(sandbox):
    driver = await sandbox(after_arrival={"sees": 1.0, "minutes": [60, 60]})
    assert (await driver.control("next"))[1] == {
        "now": "2021-09-13T08:00:00-05:00",
        "next_due": None,
    }
    await driver.text("+19505550101")
    seen = []
    while (due := (await driver.control("next"))[1]["next_due"]) is not None:
        answer = await driver.advance(due)
        assert (answer["now"], answer["fired"]) == (due, 1)
        seen.append(due)
    assert seen == sorted(seen)
    assert (len(seen), seen[0], seen[-1]) == (
        3,
        "2021-09-13T08:00:01-05:00",
        "2021-09-13T09:00:00-05:00",
    )
    assert (await driver.advance("2021-09-01T08:00:00-05:00"))["now"] == seen[-1]


async def test_events_fire_in_the_order_of_time(sandbox):
    driver = await sandbox(after_arrival={"sees": 1.0, "minutes": [1, 3000]})
    for n in range(50):
        await driver.text(f"+1950555{n:04d}", key=f"k{n}")
    await driver.advance("2021-09-20T08:00:00-05:00")
    moments = [event["at"] for event in driver.lines("events")]
    assert len(moments) == 100
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("advance", {}),
        ("advance", {"to": 5}),
        ("advance", {"to": "soon"}),
        ("advance", {"to": "9999-12-31T23:59:59-05:00"}),
        ("advance", []),
        ("residents", {"address": "+1"}),
        ("residents", [{"address": "+1", "channel": "pigeon"}]),
        ("residents", [{"address": "", "channel": "text"}]),
        ("residents", [{"address": "+1", "channel": "text", "who": "gu-1"}]),
        ("handover", {"key": "k1"}),
        ("handover", {"key": "", "who": "gu-1"}),
        ("handover", {"key": 1, "who": "gu-1"}),
        ("fault", {"mode": "earthquake"}),
        ("fault", {"mode": "429", "requests": -1}),
        ("fault", {"mode": "429", "retry_after": "soon"}),
        ("fault", "429"),
    ],
)
async def test_a_call_that_makes_no_sense_is_refused_with_a_reason(sandbox, path, body):
    driver = await sandbox()
    status, answer = await driver.control(path, body)
    assert status == 400
    assert answer["error"].endswith(".")


async def test_a_letter_that_is_not_there_cannot_be_handed_over(sandbox):
    driver = await sandbox()
    status, answer = await driver.control("handover", {"key": "k9", "who": "gu-1"})
    assert (status, answer["error"]) == (
        404,
        "No letter with the key k9 waits to be handed over.",
    )


async def test_broken_requests_harm_nothing(sandbox):
    driver = await sandbox()
    for path in ("advance", "residents", "handover", "fault"):
        url = f"{driver.running.url}/control/{path}"
        for body in (b"", b"{", b"\xff\xfe\x00", b"[" * 200_000, b'"\\ud800"'):
            async with driver.http.post(url, data=body, headers=CONTROL) as answer:
                assert answer.status == 400, (path, body[:10])
        async with driver.http.get(url, headers=CONTROL) as answer:
            assert answer.status == 405
        huge = {**CONTROL, "Content-Length": "99999999", "Connection": "close"}
        async with driver.http.post(url, data=b"{}", headers=huge) as answer:
            assert answer.status == 413
    for path in GETS:
        async with driver.http.post(
            f"{driver.running.url}/control/{path}", headers=CONTROL
        ) as answer:
            assert answer.status == 405
    assert (await driver.control("stats"))[1]["broken_events"] == 0


async def test_stats_count_what_went_out_and_what_came_of_it(sandbox):
    driver = await sandbox()
    await driver.text("+19505550101")
    assert (await driver.control("stats"))[1]["pending"] == 2
    await driver.advance("2021-09-13T09:00:00-05:00")
    stats = (await driver.control("stats"))[1]
    assert (stats["contacts"], stats["happened"], stats["pending"]) == (
        {"text delivered": 1},
        {"text delivered": 1},
        0,
    )
    assert stats["callbacks"]["delivered"] == 2
