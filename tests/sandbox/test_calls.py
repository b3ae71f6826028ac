import json
from pathlib import Path

import aiohttp
import pytest

from sandbox.school import ACCOUNT, BASIC, OUR_NUMBER

SPEC = Path(__file__).parents[2].parent / "shared" / "data" / "specs" / "twilio_api_v2010.json"
ALICIAN = "+19505550101"
SOON = "2021-09-13T08:02:00-05:00"
EVENTS = ("initiated", "ringing", "answered", "completed")


def answered_by(outcome: str) -> dict[str, object]:
    return {"mobile": {"text": {"delivered": 1.0}, "voice": {outcome: 1.0}}}


def script(school, *, menu: str = "Press 1.") -> None:
    """A school that speaks, and listens at every key."""
    at = f"{school.url}/hooks/voice"
    school.words = {
        "voice/call": f'<Response><Gather action="{at}/key/k1"><Say>Troy did well.</Say>'
        f"<Say>{menu}</Say></Gather><Say>Goodbye.</Say></Response>",
        "voice/key": f'<Response><Say>Thanks.</Say><Record action="{at}/recorded/k1"/></Response>',
        "voice/recorded": "<Response><Say>Kept.</Say></Response>",
    }


def told(school) -> list[tuple[str, str]]:
    """(step, what) of each hook."""
    steps = []
    for path, form in school.hooks:
        step = path.split("/")[3]
        what = form.get("Digits", "") if step == "key" else form["CallStatus"]
        steps.append((step, what))
    return steps


async def test_a_person_hears_the_words_and_presses_a_key(sandbox, school):
    script(school)
    driver = await sandbox(
        kinds=answered_by("person"), after_arrival={"sees": 1.0, "answers": 0.0}, seed=3
    )
    status, call = await driver.call(ALICIAN, "k-troy")
    assert (status, call["status"], call["direction"]) == (201, "queued", "outbound-api")
    assert driver.lines("contacts") == []
    await driver.advance(SOON)
    assert told(school) == [("call", "in-progress"), ("key", "1"), ("status", "completed")]
    assert school.hooks[0][1]["AnsweredBy"] == "human"
    assert {form["CallSid"] for _, form in school.hooks} == {call["sid"]}
    assert school.forged == 0
    (line,) = driver.lines("contacts")
    assert (line["channel"], line["to"], line["ref"]) == ("voice", ALICIAN, "k-troy")
    assert (line["outcome"], line["purpose"]) == ("person", "timely")
    assert line["body"] == "Troy did well.\nPress 1."
    assert [one["what"] for one in driver.lines("events")] == ["delivered", "seen"]
    ended = (await driver.get(call["uri"], BASIC))[1]
    assert (ended["status"], ended["answered_by"]) == ("completed", "human")


async def test_the_street_shows_who_picked_up_and_what_they_heard(sandbox, school):
    script(school)
    driver = await sandbox(kinds=answered_by("person"), after_arrival={"sees": 1.0})
    await driver.call(ALICIAN)
    await driver.advance(SOON)
    async with driver.http.get(driver.running.url) as answer:
        page = await answer.text()
    assert "Phone, called by a machine" in page
    assert "a person picked up" in page
    assert "Troy did well." in page


async def test_a_machine_keeps_the_words_and_presses_nothing(sandbox, school):
    script(school)
    driver = await sandbox(kinds=answered_by("machine"), after_arrival={"sees": 1.0})
    await driver.call(ALICIAN)
    await driver.advance(SOON)
    assert told(school) == [("call", "in-progress"), ("status", "completed")]
    assert school.hooks[0][1]["AnsweredBy"] == "machine_end_beep"
    assert driver.outcomes() == ["machine"]
    assert [one["what"] for one in driver.lines("events")] == ["delivered"]


async def test_nobody_hears_nothing(sandbox, school):
    script(school)
    driver = await sandbox(kinds=answered_by("none"))
    for n in range(12):
        await driver.call(f"+1950555010{n:02d}", f"k{n}")
    await driver.advance(SOON)
    assert {what for _, what in told(school)} == {"busy", "no-answer"}
    assert {(line["outcome"], line["body"]) for line in driver.lines("contacts")} == {("none", "")}
    assert driver.lines("events") == []


async def test_a_dead_number_fails_for_calls_as_for_texts(sandbox, school):
    driver = await sandbox(phone_kind={"phone": {"dead": 1.0}})
    await driver.call(ALICIAN)
    await driver.text(ALICIAN)
    await driver.advance(SOON)
    assert driver.outcomes() == ["undelivered", "none"]
    ends = [form.get("CallStatus", form.get("MessageStatus")) for _, form in school.hooks]
    assert sorted(ends) == ["failed", "sent", "undelivered"]


async def test_the_kind_of_a_phone_is_drawn_once_for_texts_and_calls(sandbox):
    driver = await sandbox(
        phone_kind={"phone": {"mobile": 0.5, "dead": 0.5}}, kinds=answered_by("person")
    )
    numbers = [f"+1950555{n:04d}" for n in range(20)]
    for number in numbers:
        await driver.text(number)
        await driver.call(number)
    await driver.advance(SOON)
    by_number = {number: set() for number in numbers}
    for line in driver.lines("contacts"):
        by_number[line["to"]].add(line["outcome"])
    assert set(map(frozenset, by_number.values())) == {
        frozenset({"delivered", "person"}),
        frozenset({"undelivered", "none"}),
    }


@pytest.mark.parametrize(
    ("words", "keys", "what"),
    [
        ("STOP", {"5"}, {"stopped"}),
        ("Me puede llamar", {"3", "4"}, {"answered"}),
    ],
)
async def test_what_people_say_becomes_a_key_or_a_recording(sandbox, school, words, keys, what):
    script(school)
    driver = await sandbox(
        kinds=answered_by("person"),
        after_arrival={"sees": 1.0, "answers": 1.0, "words": [words]},
    )
    for n in range(30):
        await driver.call(f"+1950555{n:04d}", f"k{n}")
    await driver.advance(SOON)
    pressed = {key for step, key in told(school) if step == "key"}
    assert pressed == keys | {"2"}
    happened = {one["what"] for one in driver.lines("events")} - {"delivered"}
    assert happened == what


async def test_a_recording_can_be_fetched_with_the_password_alone(sandbox, school):
    script(school)
    driver = await sandbox(
        kinds=answered_by("person"),
        after_arrival={"sees": 1.0, "answers": 1.0, "words": ["Llame después de las seis"]},
    )
    for n in range(8):
        await driver.call(f"+1950555{n:04d}", f"k{n}")
    await driver.advance(SOON)
    recorded = [form for path, form in school.hooks if "/recorded/" in path]
    assert recorded
    url = recorded[0]["RecordingUrl"] + ".mp3"
    async with driver.http.get(url) as answer:
        assert answer.status == 401
    async with driver.http.get(url, headers=BASIC) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        assert (await answer.read())[:3] == b"ID3"
    assert int(recorded[0]["RecordingDuration"]) == 2
    said = {one["words"] for one in driver.lines("events") if one["what"] == "answered"}
    assert "Llame después de las seis" in said


async def test_a_school_that_is_away_was_not_heard(sandbox, school):
    script(school)
    school.status = 503
    driver = await sandbox(kinds=answered_by("person"), after_arrival={"sees": 1.0})
    await driver.call(ALICIAN)
    await driver.advance(SOON)
    (line,) = driver.lines("contacts")
    assert (line["outcome"], line["body"]) == ("person", "")
    assert driver.lines("events") == []


@pytest.mark.parametrize(
    "document",
    [
        "",
        "Troy",
        "<Response><Dial>+19005550199</Dial></Response>",
        "<Response><Say>a<Dial/></Say></Response>",
        '<!DOCTYPE a [<!ENTITY b "c">]><Response><Say>&b;</Say></Response>',
        "<Answer/>",
        "<Response><Redirect>{again}</Redirect></Response>",
    ],
)
async def test_broken_words_are_an_error_and_not_a_message(sandbox, school, document):
    driver = await sandbox(kinds=answered_by("person"), after_arrival={"sees": 1.0})
    again = f"{school.url}/hooks/voice/call/k1"
    school.words = {"voice/call": document.replace("{again}", again)}
    await driver.call(ALICIAN)
    await driver.advance(SOON)
    (line,) = driver.lines("contacts")
    assert line["body"] == ""
    assert driver.lines("events") == []


async def test_words_may_come_with_the_order(sandbox, school):
    driver = await sandbox(kinds=answered_by("person"))
    words = "<Response><Say>School is closed today.</Say><Hangup/></Response>"
    status, call = await driver.call(ALICIAN, Url="", StatusCallback="", Twiml=words)
    assert status == 201
    await driver.advance(SOON)
    assert school.hooks == []
    (line,) = driver.lines("contacts")
    assert line["body"] == "School is closed today."
    path = driver.calls_url.partition(driver.running.url)[2]
    listed = (await driver.get(path + "?StartTime>=2021-09-13T12:00:00Z", BASIC))[1]["calls"]
    assert [(one["sid"], one["status"]) for one in listed] == [(call["sid"], "completed")]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "5550101"}, 400, 21211),
        ({"To": "+1950555٠101"}, 400, 21211),
        ({"From": "SCHOOL"}, 400, 21212),
        ({"Url": ""}, 400, 21205),
        ({"Url": "ftp://x/"}, 400, 21205),
        ({"StatusCallback": "nowhere"}, 400, 21609),
        ({"Twiml": "<Say>no response</Say>"}, 400, 21218),
        ({"Twiml": f"<Response><Say>{'a' * 4000}</Say></Response>"}, 400, 21218),
    ],
)
async def test_orders_that_twilio_refuses(sandbox, form, status, code):
    driver = await sandbox()
    answered, body = await driver.call(**({"to": ALICIAN} | form))
    assert (answered, body["code"]) == (status, code)


async def test_a_wrong_password_rings_nobody(sandbox):
    driver = await sandbox()
    wrong = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "guess")}
    form = {"To": ALICIAN, "From": OUR_NUMBER, "Twiml": "<Response/>"}
    async with driver.http.post(driver.calls_url, data=form, headers=wrong) as answer:
        assert answer.status == 401
    await driver.advance(SOON)
    assert driver.lines("contacts") == []


async def test_every_step_is_reported_to_whoever_asks_for_it(sandbox, school):
    script(school)
    driver = await sandbox(kinds=answered_by("machine"))
    form = aiohttp.FormData()
    for name, value in {
        "To": ALICIAN,
        "From": OUR_NUMBER,
        "Url": f"{school.url}/hooks/voice/call/k1",
        "StatusCallback": f"{school.url}/hooks/voice/status/k1",
    }.items():
        form.add_field(name, value)
    for event in EVENTS:
        form.add_field("StatusCallbackEvent", event)
    async with driver.http.post(driver.calls_url, data=form(), headers=BASIC) as answer:
        assert answer.status == 201
    await driver.advance(SOON)
    statuses = [what for step, what in told(school) if step == "status"]
    assert statuses == ["initiated", "ringing", "in-progress", "completed"]


async def test_a_restart_goes_on_with_calls_that_are_not_over_and_with_no_others(sandbox, school):
    script(school)
    people = {"kinds": answered_by("person"), "after_arrival": {"sees": 1.0}}
    driver = await sandbox(**people)
    _, first = await driver.call(ALICIAN, "k1")
    await driver.advance(SOON)
    _, second = await driver.call(ALICIAN, "k2")
    driver = await sandbox(**people)
    assert (await driver.get(first["uri"], BASIC))[1]["status"] == "completed"
    await driver.advance("2021-09-13T08:10:00-05:00")
    driver = await sandbox(**people)
    await driver.advance("2021-09-13T08:20:00-05:00")
    ended = [form["CallSid"] for path, form in school.hooks if "/status/" in path]
    assert ended == [first["sid"], second["sid"]]
    assert driver.outcomes() == ["person", "person"]


async def test_a_town_repeats_exactly_whatever_the_order_of_calls(sandbox):
    numbers = [f"+1950555{n:04d}" for n in range(20)]
    odds = {"mobile": {"text": {"delivered": 1.0}, "voice": {"person": 0.5, "none": 0.5}}}
    fates = []
    for home, order in (("a", numbers), ("b", numbers[::-1])):
        driver = await sandbox(home, kinds=odds)
        for number in order + order:  # the second rings while the first still does
            await driver.call(number)
        await driver.advance(SOON)
        by_number: dict[str, list[str]] = {}
        for line in driver.lines("contacts"):
            by_number.setdefault(line["to"], []).append(line["outcome"])
        fates.append({number: sorted(found) for number, found in by_number.items()})
    assert fates[0] == fates[1]
    assert {tuple(found) for found in fates[0].values()} > {("none", "person")}


async def test_the_resource_has_only_fields_that_twilio_has(sandbox):
    if not SPEC.exists():
        pytest.skip("Twilio's API description is not beside the project")
    schemas = json.loads(SPEC.read_text())["components"]["schemas"]
    known = schemas["api.v2010.account.call"]["properties"]
    driver = await sandbox()
    _, call = await driver.call(ALICIAN)
    assert set(call) <= set(known) | {"price_unit"}
    assert call["status"] in schemas["call_enum_status"]["enum"]
