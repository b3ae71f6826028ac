import re
from html import unescape

from sandbox.school import Driver

ALICIAN = "+19505550101"


async def look(driver: Driver, query: str = "", **headers: str) -> tuple[int, str]:
    async with driver.http.get(f"{driver.running.url}/{query}", headers=headers) as answer:
        return answer.status, await answer.text()


async def fill(driver: Driver, page: str, way: str, words: str = "") -> tuple[int, str]:
    """Send the first form on the page that has the button ``way``."""
    form = next(f for f in re.findall(r"<form class=\"answer\".*?</form>", page) if f'"{way}"' in f)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    data = {name: unescape(value) for name, value in fields.items()}
    url = driver.running.url + "/street/answer"
    async with driver.http.post(url, data={**data, "words": words, way: "1"}) as answer:
        return answer.status, await answer.text()


async def test_an_empty_street_says_so(sandbox):
    status, page = await look(await sandbox())
    assert (status, "No message has come here yet." in page) == (200, True)


async def test_words_from_outside_are_only_words(sandbox):
    driver = await sandbox()
    await driver.text(ALICIAN, '<script>alert("1")</script><img src=x>', key="k<b>")
    _, page = await look(driver, '?q="><script>')
    assert "<script" not in page
    _, page = await look(driver)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)" in page


async def test_the_page_asks_nothing_of_other_places(sandbox):
    driver = await sandbox()
    await driver.text(ALICIAN)
    async with driver.http.get(driver.running.url) as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["/street.css"]
    async with driver.http.get(driver.running.url + "/street.css") as answer:
        assert (answer.status, answer.content_type) == (200, "text/css")
        assert re.search(r"url\(|@import|left|right", await answer.text()) is None


async def test_a_person_texts_back_by_hand(sandbox, school):
    driver = await sandbox()
    await driver.text(ALICIAN)
    _, page = await look(driver)
    status, page = await fill(driver, page, "text", "Is school open tomorrow?")
    assert (status, "Is school open tomorrow?" in page) == (200, True)
    assert school.hooks[-1][1]["Body"] == "Is school open tomorrow?"


async def test_a_letter_is_answered_by_page_and_by_slip(sandbox, school):
    driver = await sandbox()
    driver.print_batch("b", driver.letter("k1", "12 Dune Road\nGrand Bend"))
    await driver.control("tray", {})
    _, page = await look(driver)
    assert "12 Dune Road, Grand Bend" in page
    await fill(driver, page, "page")
    await fill(driver, page, "slip", "Please call")
    assert school.replies == [("/r/CODEk1/answer", {"seen": "yes", "words": ""})]
    assert [s["words"] for s in (await driver.control("slips"))[1]] == ["Please call"]
    async with driver.http.get(driver.running.url + "/paper/b.pdf") as answer:
        assert await answer.read() == b"%PDF-1.7\n"


async def test_a_page_that_does_not_work_is_told(sandbox, school):
    driver = await sandbox()
    driver.print_batch("b", driver.letter("k1", "12 Dune Road"))
    await driver.control("tray", {})
    school.status = 410
    _, page = await fill(driver, (await look(driver))[1], "page")
    assert "That did not work: status 410." in page


async def test_addresses_are_found_by_word_and_come_newest_first(sandbox):
    driver = await sandbox()
    for n in range(65):
        await driver.text(f"+1950555{n:04d}", f"Note {n}", key=f"k{n}")
    _, page = await look(driver)
    assert re.findall(r"<bdi>\+1950555(\d+)</bdi>", page)[:2] == ["0064", "0063"]
    assert 'href="/?q=&amp;page=2"' in page
    _, page = await look(driver, "?page=3")
    assert re.findall(r"<bdi>\+1950555(\d+)</bdi>", page) == [
        "0004",
        "0003",
        "0002",
        "0001",
        "0000",
    ]
    _, page = await look(driver, "?q=note+33")
    assert re.findall(r"<bdi>\+1950555(\d+)</bdi>", page) == ["0033"]


async def test_the_page_renews_itself_only_if_asked(sandbox):
    driver = await sandbox()
    assert "http-equiv" not in (await look(driver))[1]
    assert 'http-equiv="refresh" content="10"' in (await look(driver, "?refresh=10"))[1]
    assert "http-equiv" not in (await look(driver, "?refresh=x&page=-1"))[1]


async def test_a_page_elsewhere_cannot_press_the_buttons(sandbox, school):
    driver = await sandbox()
    await driver.text(ALICIAN)
    url = driver.running.url + "/street/answer"
    for token in ("", "guess", "gü"):
        data = {"token": token, "contact": "0", "text": "1", "words": "STOP"}
        async with driver.http.post(url, data=data) as answer:
            assert answer.status == 403
    assert (await look(driver, Host="evil.example"))[0] == 400
    assert school.hooks == []


async def test_broken_requests_harm_nothing(sandbox):
    driver = await sandbox()
    await driver.text(ALICIAN)
    token = re.search(r'name="token" value="([^"]+)"', (await look(driver))[1])
    assert token
    url = driver.running.url + "/street/answer"
    for contact, way in (("7", "text"), ("-1", "text"), ("٣", "text"), ("0", "slip"), ("0", "")):
        data = {"token": token[1], "contact": contact, way or "none": "1"}
        async with driver.http.post(url, data=data) as answer:
            assert answer.status == 400
    for body, status in ((b"\xff", 400), (b"words=%ff", 400), (b"x" * 200_000, 413)):
        async with driver.http.post(url, data=body) as answer:
            assert answer.status == status
    for path in ("/paper/b.pdf", "/paper/..%2Fcontacts.jsonl", "/paper/%00.pdf", "/nothing"):
        async with driver.http.get(driver.running.url + path) as answer:
            assert answer.status == 404
    async with driver.http.put(driver.running.url + "/") as answer:
        assert answer.status == 405
