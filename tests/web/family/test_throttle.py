"""Who counts as one, and for how long."""

import pytest
from django.test import RequestFactory

from bothways.web import throttle
from bothways.web.throttle import Throttle, visitor


def test_a_share_comes_back_after_its_time() -> None:
    now = [0.0]
    counter = Throttle(most=2, within=600, clock=lambda: now[0])
    for _ in range(2):
        assert not counter.full("a")
        counter.count("a")
    assert counter.full("a")
    assert not counter.full("b")
    now[0] = 600
    assert not counter.full("a")
    counter.count("a")
    assert not counter.full("a")


def test_memory_is_bounded_and_the_busiest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_KEPT", 3)
    counter = Throttle(most=1, within=600)
    for who in ("a", "b", "c", "a", "d"):
        counter.count(who)
    assert [who for who in "abcd" if counter.full(who)] == ["a", "c", "d"]


def test_no_address_is_kept() -> None:
    counter = Throttle(most=1, within=600)
    counter.count("203.0.113.5")
    assert "203.0.113.5" not in repr(vars(counter))


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # anybody can write a header
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # our proxy saw the last one
        ("10.0.0.2", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("2001:db9:1:2:3:4:5:6", "", "2001:db9:1:2::/64"),
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("", "", "None"),
    ],
)
def test_a_visitor_is_an_address_or_a_home_s_network(peer: str, forwarded: str, who: str) -> None:
    request = RequestFactory().get("/r/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert visitor(request) == who
