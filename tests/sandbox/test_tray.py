import json

HOME = "12 Dune Road\nGrand Bend, MI 48001"


async def test_a_letter_arrives_days_later(sandbox):
    driver = await sandbox()
    driver.print_batch("batch-1", driver.letter("k1", HOME))
    assert (await driver.control("next"))[1]["next_due"][:10] == "2021-09-15"
    assert [(c["to"], c["ref"], c["outcome"]) for c in driver.lines("contacts")] == [
        (HOME, "k1", "arrives")
    ]
    await driver.advance("2021-09-14T23:00:00-05:00")
    assert driver.lines("events") == []
    await driver.advance("2021-09-15T23:00:00-05:00")
    assert [(e["what"], e["channel"], e["ref"]) for e in driver.lines("events")] == [
        ("delivered", "letter", "k1")
    ]


async def test_a_batch_is_posted_once(sandbox):
    driver = await sandbox()
    driver.print_batch("batch-1", driver.letter("k1", HOME), driver.letter("k2", "3 Main St"))
    assert (await driver.control("tray", {}))[1]["posted"] == 2
    assert (await driver.control("tray", {}))[1]["posted"] == 0
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert len(driver.lines("contacts")) == 2


async def test_returned_mail_comes_back_to_the_office(sandbox):
    driver = await sandbox(kinds={"address": {"returned": 1.0, "days": [1, 1]}})
    driver.print_batch("batch-1", driver.letter("k1", HOME))
    await driver.advance("2021-09-14T23:00:00-05:00")
    assert (await driver.control("slips")) == (200, [])
    await driver.advance("2021-09-15T23:00:00-05:00")
    slips = (await driver.control("slips"))[1]
    assert [(s["key"], s["code"], s["kind"], s["words"]) for s in slips] == [
        ("k1", "CODEk1", "returned", "")
    ]


async def test_families_answer_letters_by_code_or_by_slip(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0, "answers": 0.5})
    homes = [f"{n} Dune Road\nGrand Bend" for n in range(40)]
    driver.print_batch("b", *(driver.letter(f"k{n}", to) for n, to in enumerate(homes)))
    await driver.advance("2021-09-30T08:00:00-05:00")
    slips = (await driver.control("slips"))[1]
    assert len(slips) + len(school.replies) == 40
    assert 10 <= len(slips) <= 30
    assert {slip["words"] for slip in slips} == {"", "Gracias, ¿a qué hora?"}
    assert {tuple(sorted(form)) for _, form in school.replies} == {
        ("seen", "words"),
        ("send", "words"),
    }
    assert (await driver.control("slips/take", {}))[1] == slips
    assert (await driver.control("slips"))[1] == []


async def test_a_handover_waits_for_a_person(sandbox):
    driver = await sandbox(after_arrival={"sees": 1.0})
    driver.print_batch("b", driver.letter("k-emily", "", "handover"))
    await driver.advance("2021-09-14T08:00:00-05:00")
    assert driver.lines("contacts") == []
    assert (await driver.control("stats"))[1]["tray"]["handovers_waiting"] == 1
    assert await driver.control("handover", {"key": "k-emily", "who": "gu-emily"}) == (
        200,
        {"arrives": True},
    )
    assert [(c["channel"], c["who"], c["ref"], c["outcome"]) for c in driver.lines("contacts")] == [
        ("handover", "gu-emily", "k-emily", "arrives")
    ]
    await driver.advance("2021-09-16T08:00:00-05:00")
    assert [e["what"] for e in driver.lines("events")] == ["delivered", "seen"]
    again = await driver.control("handover", {"key": "k-emily", "who": "gu-emily"})
    assert again[0] == 409


async def test_nobody_at_the_gate_and_the_letter_waits_on(sandbox):
    driver = await sandbox(people={"gu-emily": {"handover": {"arrives": 0.0}}})
    driver.print_batch("b", driver.letter("k-emily", "", "handover"))
    for _ in range(2):
        answer = await driver.control("handover", {"key": "k-emily", "who": "gu-emily"})
        assert answer == (200, {"arrives": False})
    assert driver.outcomes() == ["missed", "missed"]
    assert (await driver.advance("2021-09-20T08:00:00-05:00"))["fired"] == 0


async def test_a_broken_ticket_is_named_and_the_others_are_posted(sandbox):
    driver = await sandbox()
    tray = driver.home / "tray"
    (tray / "a.json").write_text("{", "utf-8")
    (tray / "a.pdf").write_bytes(b"%PDF-1.7\n")
    (tray / "b.json").write_text('{"letters": []}', "utf-8")
    (tray / "c.json").write_text('{"letters": []}', "utf-8")
    (tray / "c.pdf").write_bytes(b"MZ")
    (tray / "d.json").write_text(json.dumps({"letters": [{"key": 1}]}), "utf-8")
    (tray / "d.pdf").write_bytes(b"%PDF-1.7\n")
    driver.print_batch("e", driver.letter("k1", HOME))
    answer = (await driver.control("tray", {}))[1]
    assert (answer["posted"], sorted(answer["broken"])) == (
        1,
        ["a.json", "b.json", "c.json", "d.json"],
    )
    assert answer["broken"]["d.json"] == "d.json, letter 1: key must be a text."


async def test_two_homes_at_one_address_are_told_apart_by_the_name_on_the_envelope(sandbox):
    driver = await sandbox()
    people = {"who": ["gu-1", "gu-2"], "names": ["Ana Dyer", "Luis Dyer"]}
    await driver.control(
        "residents", [{"address": HOME, "channel": "letter", "column": "address", **people}]
    )
    driver.print_batch(
        "b",
        {**driver.letter("k1", HOME), "names": ["Luis Dyer"]},
        {**driver.letter("k2", HOME), "names": ["Somebody Else"]},
    )
    await driver.control("tray", {})
    assert [c["who"] for c in driver.lines("contacts")] == ["gu-2", "gu-1"]
