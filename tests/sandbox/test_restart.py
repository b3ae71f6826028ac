from sandbox.school import BASIC

ALICIAN = "+19505550101"
SPLIT = {"mobile": {"text": {"delivered": 0.5, "undelivered": 0.5}}}


async def test_the_count_of_tries_goes_on_after_a_restart(sandbox):
    whole = await sandbox("whole", kinds=SPLIT)
    for n in range(10):
        await whole.text(ALICIAN, key=f"k{n}")
    for n in range(5):
        await (await sandbox("cut", kinds=SPLIT)).text(ALICIAN, key=f"k{n}")
        await (await sandbox("cut", kinds=SPLIT)).text(ALICIAN, key=f"k{n + 5}")
    cut = await sandbox("cut", kinds=SPLIT)
    assert cut.outcomes() == whole.outcomes()
    assert set(whole.outcomes()) == {"delivered", "undelivered"}


async def test_the_stop_list_and_the_clock_go_on_after_a_restart(sandbox):
    people = {ALICIAN: {"sees": 1.0, "answers": 1.0, "words": ["stop"]}}
    driver = await sandbox(people=people)
    await driver.text(ALICIAN)
    await driver.advance("2021-09-13T09:00:00-05:00")
    driver = await sandbox(people=people)
    assert (await driver.control("next"))[1]["now"] == "2021-09-13T09:00:00-05:00"
    assert (await driver.text(ALICIAN))[1]["code"] == 21610


async def test_what_was_going_to_happen_happens_after_a_restart_once(sandbox, school):
    changes = {"after_arrival": {"sees": 1.0, "minutes": [60, 60]}}
    driver = await sandbox(**changes)
    _, sent = await driver.text(ALICIAN)
    await driver.advance("2021-09-13T08:30:00-05:00")
    driver = await sandbox(**changes)
    assert (await driver.get(sent["uri"], BASIC))[1]["status"] == "delivered"
    await driver.advance("2021-09-13T10:00:00-05:00")
    driver = await sandbox(**changes)
    await driver.advance("2021-09-20T10:00:00-05:00")
    assert [form.get("MessageStatus", form.get("Body")) for _, form in school.hooks] == [
        "sent",
        "delivered",
        "1",
    ]
    assert [line["what"] for line in driver.lines("events")] == ["delivered", "seen"]
    path = driver.messages_url.partition(driver.running.url)[2]
    listed = (await driver.get(path, BASIC))[1]["messages"]
    assert [one["direction"] for one in listed] == ["inbound", "outbound-api"]


async def test_letters_slips_and_residents_go_on_after_a_restart(sandbox):
    changes = {"after_arrival": {"sees": 1.0}}
    driver = await sandbox(**changes)
    entry = {"address": "3 Main St", "channel": "letter", "column": "address", "who": ["gu-1"]}
    await driver.control("residents", [entry])
    letters = [driver.letter(f"k{n}", f"{n} Main St") for n in range(8)]
    driver.print_batch("b", *letters, driver.letter("k-emily", "", "handover"))
    await driver.control("tray", {})
    driver = await sandbox(**changes)
    assert (await driver.control("tray", {}))[1]["posted"] == 0
    assert [c["who"] for c in driver.lines("contacts")].count("gu-1") == 1
    await driver.advance("2021-09-20T10:00:00-05:00")
    slips = (await driver.control("slips"))[1]
    assert slips
    driver = await sandbox(**changes)
    assert (await driver.control("slips/take", {}))[1] == slips
    handed = await driver.control("handover", {"key": "k-emily", "who": "gu-emily"})
    assert handed == (200, {"arrives": True})
    driver = await sandbox(**changes)
    assert (await driver.control("slips"))[1] == []
    handed = await driver.control("handover", {"key": "k-emily", "who": "gu-emily"})
    assert handed[0] == 409
    assert (await driver.control("stats"))[1]["residents"] == 1


async def test_a_kill_in_the_middle_of_a_batch_posts_the_rest(sandbox):
    driver = await sandbox()
    driver.print_batch("b", *(driver.letter(f"k{n}", f"{n} Main St") for n in range(6)))
    await driver.control("tray", {})
    await driver.running.stop()
    for name, kept in (("contacts", 2), ("carriers", 2)):
        path = driver.home / f"{name}.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:kept]) + lines[kept][:20])  # the third is torn
    driver = await sandbox()
    assert (await driver.control("tray", {}))[1]["posted"] == 4
    assert [c["ref"] for c in driver.lines("contacts")] == [f"k{n}" for n in range(6)]
