"""``bothways bench pages``: what the server takes for each page, with a whole district behind it.

Each request goes through all middleware in this process, one after another, each time for another family
or with another page of a list. The baseline is an empty page of the same server, asked in between: what
middleware, session and a turn of the machine cost by themselves.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from bothways.commands.bench.frame import (
    Result,
    json_option,
    median,
    peak_mb,
    percentile,
    scratch,
    size_option,
    tell,
)
from bothways.commands.words import say

LINES_EACH = 5  # ledger lines a family
TIMES = 60  # requests of each page, after three that warm it up
WARM = 3
COOKIE = "bothways_home"  # of families' own pages


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name, for whom, and the address of its n-th request."""

    name: str
    side: str  # family or staff
    address: Callable[[int], str]
    client: Any
    # A form sent there; of it and of the page to which it leads, the slower counts.
    posted: Callable[[int], dict[str, str]] | None = None
    # Of the family whose own pages are open in the n-th request.
    cookie: Callable[[int], str] | None = None


@click.command(short_help="Each page of families and staff, with a district behind it.")
@size_option("families", 100_000, "families in the district")
@json_option
def pages(families: int, as_json: bool) -> None:
    """Time the pages of families and of staff beside an empty one."""
    with scratch():
        tell(_measure(families), as_json)


def _measure(families: int) -> Result:
    from bothways.commands.bench.pages_district import fill_pages

    started = time.monotonic()
    fill_pages(families, families * LINES_EACH)
    say(f"  filled: {families:,} families in {time.monotonic() - started:.0f} s")
    with _bare_server():
        rows = [_row(page) for page in _pages()]
    ours = [row["p50_ms"] for row in rows]
    bare = [row["bare_ms"] for row in rows]
    return Result(
        name="pages",
        rate=1000 * len(ours) / sum(ours),
        baseline_rate=1000 * len(bare) / sum(bare),
        unit="pages",
        peak_mb=peak_mb(),
        figures={"families": families, "pages": rows},
    )


@contextmanager
def _bare_server() -> Iterator[None]:
    """The product's addresses and an empty page beside them."""
    from django.test import override_settings

    with override_settings(ROOT_URLCONF="bothways.commands.bench.empty_page"):
        yield


def _row(page: Page) -> dict[str, Any]:
    """One page's figures, and the empty page's in the same minute."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    bare: list[float] = []
    ours: list[float] = []
    queries, size = 0, 0
    for n in range(TIMES + WARM):
        if page.cookie is not None:
            page.client.cookies[COOKIE] = page.cookie(n)
        took, _ = _timed(page.client, "/bare-page", None)
        answer = None
        with CaptureQueriesContext(connection) if n < WARM else _nothing() as seen:
            mine, answer = _timed(
                page.client, page.address(n), page.posted(n) if page.posted else None
            )
        if seen is not None:
            queries = max(queries, len(seen))
        if answer.status_code != 200:
            raise click.ClickException(f"{page.name} answered {answer.status_code}.")
        size = max(size, len(answer.content))
        if n >= WARM:
            bare.append(took)
            ours.append(mine)
    row = {
        "page": page.name,
        "side": page.side,
        "p50_ms": round(median(ours) * 1000, 1),
        "p95_ms": round(percentile(ours, 95) * 1000, 1),
        "queries": queries,
        "bytes": size,
        "bare_ms": round(median(bare) * 1000, 2),
    }
    say(
        f"  {page.side:6} {page.name:24} {row['p50_ms']:7.1f} ms  p95 {row['p95_ms']:7.1f} ms  "
        f"{queries:3} queries  {size:7,} bytes"
    )
    return row


@contextmanager
def _nothing() -> Iterator[None]:
    yield None


def _timed(client: Any, address: str, posted: dict[str, str] | None) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = client.get(address) if posted is None else client.post(address, posted)
    took = time.perf_counter() - start
    if answer.status_code == 302:
        more, answer = _timed(client, answer["Location"], None)
        took = max(took, more)
    return took, answer


def _pages() -> Sequence[Page]:
    from bothways.commands.bench.pages_district import Guests

    guests = Guests()
    return [
        *_family_pages(guests),
        *_own_pages(guests),
        *_staff_pages(guests),
        *_partners_pages(guests),
    ]


def _family_pages(guests: Any) -> Iterator[Page]:
    from django.urls import reverse

    visitor = guests.visitor()

    def message(n: int) -> str:
        return reverse("family-message", kwargs={"typed": guests.code(n)})

    yield Page("message", "family", message, visitor)
    yield Page("message in Arabic", "family", lambda n: f"{message(n)}?lang=ar", visitor)
    yield Page("type a code", "family", lambda n: reverse("family-code"), visitor)
    yield Page(
        "is this right",
        "family",
        lambda n: reverse("family-right", kwargs={"typed": guests.code(n)}),
        visitor,
    )
    yield Page(
        "stop",
        "family",
        lambda n: reverse("family-stop", kwargs={"typed": guests.code(n)}),
        visitor,
    )


def _own_pages(guests: Any) -> Iterator[Page]:
    """A family's own pages, each time of another family of which everything is kept."""
    from django.urls import reverse

    opened, visitor = guests.opened(), guests.visitor()

    def cookie(n: int) -> str:
        return str(opened[n % len(opened)][0])

    def case(n: int) -> str:
        return reverse("family-case", kwargs={"pk": opened[n % len(opened)][1]})

    for name in ("home", "welcome", "hard", "feedback", "cases", "goals", "said", "sent", "record"):
        yield Page(f"own {name}", "family", _at(reverse(f"family-{name}")), visitor, cookie=cookie)
    again = f"{reverse('family-welcome')}?lang=ar"
    yield Page("own question in Arabic", "family", _at(again), visitor, cookie=cookie)
    yield Page("own case", "family", case, visitor, cookie=cookie)
    yield Page(
        "survey",
        "family",
        lambda n: reverse("family-survey", kwargs={"typed": guests.survey_code(n)}),
        guests.visitor(),
    )


def _partners_pages(guests: Any) -> Iterator[Page]:
    """What partners adds to the work of staff."""
    from django.urls import reverse

    for who, client in guests.staff().items():
        for name in ("welcome", "barriers", "feedback", "cases", "goals"):
            yield Page(f"{name}, {who}", "staff", _at(reverse(name)), client)
        yield Page(f"welcome held, {who}", "staff", _at(f"{reverse('welcome')}?state=held"), client)
        yield Page(
            f"barrier families, {who}",
            "staff",
            _at(reverse("barrier_families", kwargs={"code": "transport"})),
            client,
        )
        yield Page(f"feedback all, {who}", "staff", _at(f"{reverse('feedback')}?show=all"), client)
        yield from _each(f"a child's goals, {who}", "child_goals", guests.goals(who), client)
        if who != "teacher":
            yield Page(f"surveys, {who}", "staff", _at(reverse("surveys")), client)
        if who == "district":
            for title, pk in zip(("pulse", "long one"), guests.surveys(), strict=True):
                for part in ("survey", "survey_results"):
                    address = reverse(part, kwargs={"pk": pk})
                    yield Page(f"{part} {title}, {who}", "staff", _at(address), client)
        yield from _each(f"a case, {who}", "case", guests.cases(who), client)
    counselor = guests.counselor()
    for name in ("today", "cases", "goals"):
        yield Page(f"{name}, counselor", "staff", _at(reverse(name)), counselor)
    yield from _each("a case, counselor", "case", guests.cases("counselor"), counselor)


def _staff_pages(guests: Any) -> Iterator[Page]:
    from django.urls import reverse

    for who, client in guests.staff().items():
        for name in ("today", "reach", "tasks", "families", "write", "sent", "inbox", "good_news"):
            yield Page(f"{name}, {who}", "staff", _at(reverse(name)), client)
        yield from _each(f"a family, {who}", "family", guests.homes(who), client)
        yield from _each(f"a conversation, {who}", "conversation", guests.talks(who), client)
        yield from _lists(guests, who, client)
        yield from _writing(guests, who, client)


def _each(title: str, name: str, ids: Sequence[int], client: Any) -> Iterator[Page]:
    """The page of one after another; none where a small district has nothing of it."""
    from django.urls import reverse

    if ids:
        yield Page(
            title, "staff", lambda n: reverse(name, kwargs={"pk": ids[n % len(ids)]}), client
        )


def _lists(guests: Any, who: str, client: Any) -> Iterator[Page]:
    """What is looked for, and lists that are narrowed."""
    from django.urls import reverse

    def search(words: Sequence[str]) -> Callable[[int], dict[str, str]]:
        return lambda n: {"q": words[n % len(words)]}

    families = reverse("families")
    for query in (
        "level=none",
        "language=es",
        "no_phone=1",
        "mine=1",
        "reason=undelivered&grade=05",
    ):
        yield Page(f"families {query}, {who}", "staff", _at(f"{families}?{query}"), client)
    yield Page(f"families page 9, {who}", "staff", _at(f"{families}?page=9"), client)
    # Last: what was looked for stays in the list.
    for kind, words in guests.searches(who).items():
        yield Page(f"search {kind}, {who}", "staff", _at(families), client, search(words))


def _writing(guests: Any, who: str, client: Any) -> Iterator[Page]:
    """The way of a message, from the count to who did not get it."""
    from django.urls import reverse

    form = guests.form(who)
    yield Page(f"write count, {who}", "staff", _at(reverse("write_count")), client, lambda n: form)
    yield Page(f"write check, {who}", "staff", _at(reverse("write")), client, lambda n: form)
    if who != "teacher":
        yield from _each(f"sent message, {who}", "sent_message", guests.messages(), client)


def _at(address: str) -> Callable[[int], str]:
    return lambda n: address
