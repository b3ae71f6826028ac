"""No page asks anybody else for anything, and none has a script or style of its own in it."""

import re

from django.db import transaction
from django.urls import reverse

from bothways.web.middleware import POLICY
from people import Cast
from web.happenings import happened
from web.test_access import ROWS
from web.visiting import Visit

_WRONG = {
    "an inline style": re.compile(r"<style|<[^>]+\sstyle\s*=", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "a handler": re.compile(r"<[^>]+\son[a-z]+\s*=\s*[\"']", re.I),
    "a script address": re.compile(r"(?:href|src|action)\s*=\s*[\"']\s*javascript:", re.I),
    "somebody else's part": re.compile(
        r"<(?:script|link|img|iframe|audio|video|source)[^>]+(?:src|href)\s*=\s*[\"'](?:https?:)?//",
        re.I,
    ),
}


class _TakenBack(Exception):
    pass


def _found(words: str) -> list[str]:
    return [name for name, pattern in _WRONG.items() if pattern.search(words)]


def test_what_is_looked_for_is_found() -> None:
    assert _found('<p style="color:red">') == ["an inline style"]
    assert _found("<script>alert(1)</script>") == ["an inline script"]
    assert _found('<script src="/static/x.js" defer></script>') == []
    assert _found('<a onclick="x()">') == ["a handler"]
    assert _found('<a href="javascript:x()">') == ["a script address"]
    assert _found('<img src="//cdn.example/x.png">') == ["somebody else's part"]


def test_the_policy_lets_in_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_every_page_carries_the_policy_and_keeps_to_it(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    wrong: list[str] = []
    seen = 0
    for row in ROWS:
        if row.method != "get":
            continue
        for user in (everybody.admin, everybody.mrs_c, None):
            try:
                with transaction.atomic():
                    answer = visit(user).get(reverse(row.name, kwargs=row.kwargs(everybody, did)))
                    if answer.headers.get("Content-Security-Policy") != POLICY:
                        wrong.append(f"{row.name}: no policy")
                    if answer.headers.get("Content-Type", "").startswith("text/html"):
                        seen += 1
                        wrong += [f"{row.name}: {one}" for one in _found(answer.content.decode())]
                    raise _TakenBack
            except _TakenBack:
                continue
    assert wrong == []
    assert seen > 100
