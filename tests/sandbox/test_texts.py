import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from sandbox.school import ACCOUNT, BASIC, CONTROL, OUR_NUMBER, TOKEN

SPEC = Path(__file__).parents[2].parent / "shared" / "data" / "specs" / "twilio_api_v2010.json"
ALICIAN = "+19505550101"
EMILYS_FATHER = "+19505550102"


async def test_a_text_is_accepted_then_sent_then_delivered(sandbox, school):
    driver = await sandbox()
    status, message = await driver.text(ALICIAN, "Troy did well today.", key="k-troy")
    assert (status, message["status"], message["to"]) == (201, "queued", ALICIAN)
    assert message["date_created"] == "Mon, 13 Sep 2021 13:00:00 +0000"
    assert school.hooks == []
    await driver.advance("2021-09-13T08:01:00-05:00")
    assert [path for path, _ in school.hooks] == ["/hooks/text/k-troy?p=timely"] * 2
    assert [form["MessageStatus"] for _, form in school.hooks] == ["sent", "delivered"]
    assert {form["MessageSid"] for _, form in school.hooks} == {message["sid"]}
    assert school.forged == 0


async def test_the_record_says_who_was_reached_for_and_what_for(sandbox):
    driver = await sandbox()
    entry = {"address": ALICIAN, "channel": "text", "column": "sms", "who": ["gu-7", "gu-8"]}
    assert await driver.control("residents", [entry]) == (200, {"residents": 1})
    await driver.text(ALICIAN, "Troy did well today ✓", key="k-troy")
    assert driver.lines("contacts") == [
        {
            "at": "2021-09-13T08:00:00-05:00",
            "channel": "text",
            "to": ALICIAN,
            "who": "gu-7",
            "ref": "k-troy",
            "purpose": "timely",
            "outcome": "delivered",
            "body": "Troy did well today ✓",
        }
    ]


@pytest.mark.parametrize(("kind", "codes"), [("landline", {"30006"}), ("dead", {"30003", "30005"})])
async def test_a_number_that_takes_no_texts_is_reported_with_twilios_code(
    sandbox, school, kind, codes
):
    numbers = [f"+1950555{n:04d}" for n in range(12)]
    driver = await sandbox(phone_kind={"phone": {kind: 1.0}})
    for number in numbers:
        assert (await driver.text(number))[0] == 201
    await driver.advance("2021-09-13T08:01:00-05:00")
    last = [form for _, form in school.hooks if form["MessageStatus"] == "undelivered"]
    assert len(last) == len(numbers)
    assert {form["ErrorCode"] for form in last} == codes
    assert set(driver.outcomes()) == {"landline" if kind == "landline" else "undelivered"}


async def test_of_a_text_that_vanishes_nothing_is_heard(sandbox, school):
    driver = await sandbox(kinds={"mobile": {"text": {"nothing": 1.0}}})
    await driver.text(ALICIAN)
    assert (await driver.advance("2021-09-20T08:00:00-05:00"))["fired"] == 0
    assert (school.hooks, driver.outcomes()) == ([], ["nothing"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21211),
        ({"To": "555-0101"}, 21211),
        ({"To": "+1950555010٣"}, 21211),
        ({"To": "whatsapp:+19505550101"}, 21211),
        ({"Body": ""}, 21602),
        ({"Body": "   "}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"From": ""}, 21603),
        ({"From": "+0"}, 21212),
        ({"StatusCallback": "school.example/hooks"}, 21609),
        ({"StatusCallback": "http://[::1"}, 21609),
    ],
)
async def test_what_twilio_refuses_is_refused_with_its_code(sandbox, change, code):
    driver = await sandbox()
    form = {"to": ALICIAN} | {("to" if k == "To" else k): v for k, v in change.items()}
    if form.get("Body") == "":
        form["body"] = form.pop("Body")
    sent = {"To": form.pop("to"), **form}
    status, error = await driver.text(sent.pop("To"), sent.pop("body", "Hello"), **sent)
    assert (status, error["code"], error["status"]) == (400, code, 400)


async def test_a_number_that_is_none_is_on_the_record(sandbox):
    driver = await sandbox()
    await driver.text("555-0101")
    assert [(line["to"], line["outcome"]) for line in driver.lines("contacts")] == [
        ("555-0101", "invalid")
    ]


async def test_without_the_right_credentials_nothing_is_sent_or_shown(sandbox):
    driver = await sandbox()
    wrong = [
        {},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer " + TOKEN},
        {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "guessed")},
    ]
    for headers in wrong:
        async with driver.http.post(
            driver.messages_url, data={"To": ALICIAN}, headers=headers
        ) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, 20003)
        status, error = await driver.get(
            driver.messages_url.partition(driver.running.url)[2], headers
        )
        assert (status, error["code"]) == (401, 20003)
    assert driver.lines("contacts") == []


async def test_a_family_texts_back_and_the_hook_is_signed(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0, "answers": 1.0})
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T09:00:00-05:00")
    path, form = school.hooks[-1]
    assert path == "/hooks/incoming"
    assert (form["From"], form["To"], form["Body"]) == (
        ALICIAN,
        OUR_NUMBER,
        "Gracias, ¿a qué hora?",
    )
    assert (form["NumMedia"], form["AccountSid"], "OptOutType" in form) == ("0", ACCOUNT, False)
    assert school.forged == 0
    assert [line["what"] for line in driver.lines("events")] == ["delivered", "answered"]


async def test_the_bare_gesture_is_a_one(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0})
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert school.hooks[-1][1]["Body"] == "1"
    assert driver.lines("events")[-1]["what"] == "seen"


async def test_an_acknowledgement_is_not_answered_for_ever(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0, "answers": 1.0})
    url = f"{school.url}/hooks/text/k1?p=acknowledgement"
    await driver.text(ALICIAN, StatusCallback=url)
    await driver.advance("2021-09-20T08:00:00-05:00")
    assert [form["MessageStatus"] for _, form in school.hooks] == ["sent", "delivered"]


async def test_after_stop_the_carrier_refuses_until_start(sandbox, school):
    people = {ALICIAN: {"sees": 1.0, "answers": 1.0, "words": ["STOP"]}}
    driver = await sandbox(people=people)
    await driver.text(ALICIAN, key="k1")
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert school.hooks[-1][1]["OptOutType"] == "STOP"
    status, error = await driver.text(ALICIAN, key="k2")
    assert (status, error["code"]) == (400, 21610)
    assert (await driver.text(EMILYS_FATHER, key="k3"))[0] == 201
    assert (await driver.text(ALICIAN, key="k4", From="+15005550099"))[0] == 201
    assert driver.outcomes() == ["delivered", "blocked", "delivered", "delivered"]
    contact = driver.running.world.contacts.all[0]
    await driver.running.world.people.act(contact, "text", "Unstop")
    assert school.hooks[-1][1]["OptOutType"] == "START"
    assert (await driver.text(ALICIAN, key="k5"))[0] == 201


async def test_a_messaging_service_writes_from_one_number(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0})
    service = {"From": "", "MessagingServiceSid": "MG" + "2" * 32}
    first, second = [(await driver.text(ALICIAN, key=k, **service))[1] for k in ("k1", "k2")]
    assert first["from"] == second["from"]
    assert first["messaging_service_sid"] == "MG" + "2" * 32
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert school.hooks[-1][1]["To"] == first["from"]


async def test_a_school_that_is_down_gets_its_receipts_later(sandbox, school):
    driver = await sandbox()
    school.status = 503
    await driver.text(ALICIAN)
    answer = await driver.advance("2021-09-13T08:00:30-05:00")
    assert (school.hooks, answer["failed_callbacks"]) == ([], 0)
    school.status = 200
    await driver.advance("2021-09-13T08:10:00-05:00")
    assert sorted(form["MessageStatus"] for _, form in school.hooks) == ["delivered", "sent"]


async def test_a_school_that_stays_down_is_counted_and_kept(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0})
    await driver.text(ALICIAN, StatusCallback="http://127.0.0.1:1/hooks/text/k1")
    school.status = 404
    answer = await driver.advance("2021-09-14T08:00:00-05:00")
    assert answer["failed_callbacks"] == 3  # two receipts; one reply, refused at once
    stats = (await driver.control("stats"))[1]
    assert stats["callbacks"]["failed"] == 3
    assert stats["callbacks"]["retried"] == 8
    path = driver.messages_url.partition(driver.running.url)[2]
    listed = (await driver.get(path, BASIC))[1]["messages"]
    assert [(one["direction"], one["status"]) for one in listed] == [
        ("inbound", "received"),
        ("outbound-api", "delivered"),
    ]


async def test_pages_of_messages_stay_right_while_new_ones_come_in(sandbox):
    driver = await sandbox()
    sids = [(await driver.text(f"+1950555{n:04d}", key=f"k{n}"))[1]["sid"] for n in range(5)]
    path = driver.messages_url.partition(driver.running.url)[2]
    status, page = await driver.get(f"{path}?DateSent>=2021-09-13&PageSize=2", BASIC)
    assert (status, page["page_size"], page["start"], page["end"]) == (200, 2, 0, 1)
    found = [one["sid"] for one in page["messages"]]
    await driver.text("+19505559999", key="k9")
    while page["next_page_uri"]:
        page = (await driver.get(page["next_page_uri"], BASIC))[1]
        found += [one["sid"] for one in page["messages"]]
    assert found == sids[::-1]


async def test_messages_are_found_by_date_and_number(sandbox):
    driver = await sandbox()
    await driver.text(ALICIAN)
    await driver.advance("2021-09-15T08:00:00-05:00")
    await driver.text(EMILYS_FATHER)
    path = driver.messages_url.partition(driver.running.url)[2]

    async def numbers(query: str) -> list[str]:
        return [m["to"] for m in (await driver.get(f"{path}?{query}", BASIC))[1]["messages"]]

    assert await numbers("DateSent>=2021-09-14T00:00:00Z") == [EMILYS_FATHER]
    assert await numbers("DateSent<=2021-09-14") == [ALICIAN]
    assert await numbers("DateSent=2021-09-13") == [ALICIAN]
    assert await numbers(f"To=%2B{ALICIAN[1:]}") == [ALICIAN]
    assert await numbers("DateSent>=2021-09-13&Page=1&PageSize=1") == [ALICIAN]
    for query in ("DateSent>=soon", "PageSize=many", "Page=x"):
        assert (await driver.get(f"{path}?{query}", BASIC))[0] == 400
    assert (await driver.get(f"{path}?PageToken=PASMnone", BASIC))[0] == 404


async def test_one_message_can_be_asked_for(sandbox):
    driver = await sandbox()
    _, sent = await driver.text(ALICIAN)
    await driver.advance("2021-09-13T08:01:00-05:00")
    status, found = await driver.get(sent["uri"], BASIC)
    assert (status, found["status"], found["sid"]) == (200, "delivered", sent["sid"])
    status, error = await driver.get(sent["uri"].replace(sent["sid"], "SM" + "0" * 32), BASIC)
    assert (status, error["code"]) == (404, 20404)


async def test_answers_have_the_fields_of_the_vendors_description(sandbox):
    if not SPEC.exists():
        pytest.skip("Twilio's API description is not beside this project")
    schemas = json.loads(SPEC.read_text("utf-8"))["components"]["schemas"]
    driver = await sandbox()
    message = (await driver.text(ALICIAN))[1]
    assert set(message) == set(schemas["api.v2010.account.message"]["properties"])
    assert message["status"] in schemas["message_enum_status"]["enum"]
    assert message["direction"] in schemas["message_enum_direction"]["enum"]


async def test_bad_days_can_be_ordered(sandbox):
    driver = await sandbox()
    await driver.control("fault", {"mode": "429", "requests": 1, "retry_after": 7})
    async with driver.http.post(driver.messages_url, headers=BASIC) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    await driver.control("fault", {"mode": "500", "requests": 1})
    assert (await driver.text(ALICIAN))[0] == 500
    await driver.control("fault", {"mode": "nonsense", "requests": 1})
    async with driver.http.post(driver.messages_url, headers=BASIC) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    await driver.control("fault", {"mode": "slow", "seconds": 0})
    assert driver.lines("contacts") == []
    assert (await driver.text(ALICIAN))[0] == 201


async def test_a_lost_answer_is_a_message_that_went_out(sandbox):
    driver = await sandbox()
    await driver.control("fault", {"mode": "lost", "requests": 1})
    with pytest.raises(aiohttp.ClientError):
        await driver.text(ALICIAN, key="k1")
    assert [line["ref"] for line in driver.lines("contacts")] == ["k1"]


async def test_a_run_repeats_whatever_the_order_of_sending(sandbox):
    changes = {
        "kinds": {"mobile": {"text": {"delivered": 0.6, "undelivered": 0.4}}},
        "after_arrival": {"sees": 0.5, "answers": 0.5, "words": ["ja", "no", "STOP"]},
    }
    numbers = [f"+1950555{n:04d}" for n in range(60)]

    async def run(home: str, order: list[str]) -> list[tuple[str, str, str, str]]:
        driver = await sandbox(home, **changes)
        await asyncio.gather(*(driver.text(one, key=one[1:]) for one in order))
        await driver.advance("2021-09-15T08:00:00-05:00")
        return sorted((e["to"], e["at"], e["what"], e["words"]) for e in driver.lines("events"))

    first = await run("one", numbers)
    assert first == await run("other", numbers[::-1])
    assert {what for _, _, what, _ in first} >= {"delivered", "undelivered", "seen", "answered"}


async def test_a_second_message_is_another_draw(sandbox):
    driver = await sandbox(kinds={"mobile": {"text": {"delivered": 0.5, "undelivered": 0.5}}})
    for n in range(12):
        await driver.text(ALICIAN, key=f"k{n}")
    assert set(driver.outcomes()) == {"delivered", "undelivered"}


async def test_broken_requests_are_refused_and_harm_nothing(sandbox):
    driver = await sandbox()
    url, form = driver.messages_url, {"Content-Type": "application/x-www-form-urlencoded"}
    bodies = [b"\xff\xfe", b"To=%ff&Body=x", b"&".join(b"a=1" for _ in range(5000)), b"\0" * 50]
    for body in bodies:
        async with driver.http.post(url, data=body, headers={**BASIC, **form}) as answer:
            assert answer.status == 400, body[:20]
    async with driver.http.post(url, data=b"x" * 200_000, headers=BASIC) as answer:
        assert answer.status == 413
    for method in ("PUT", "DELETE", "PATCH"):
        async with driver.http.request(method, url, headers=BASIC) as answer:
            assert (answer.status, (await answer.json())["code"]) == (405, 20004)
    async with driver.http.get(driver.running.url + "/2010-04-01/Nothing", headers=BASIC) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, 20404)
    async with driver.http.get(url.replace(ACCOUNT, "AC0"), headers=BASIC) as answer:
        assert answer.status == 404
    assert (await driver.text(ALICIAN))[0] == 201
    async with driver.http.get(driver.running.url + "/control/stats", headers=CONTROL) as answer:
        assert (await answer.json())["broken_events"] == 0
