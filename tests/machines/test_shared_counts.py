"""Tries to sign in are counted by all web hosts together, and without saying whose they are."""

import pickle
from base64 import b64decode

import pytest
from allauth.account.adapter import get_adapter
from django.core.cache import CacheHandler, cache
from django.core.cache.backends.base import BaseCache
from django.db import connection
from django.test import Client, RequestFactory

from people import cast


def _another_host() -> BaseCache:
    """The cache as a process on another machine has it: nothing of ours but the database and the key."""
    found: BaseCache = CacheHandler()["default"]
    return found


def test_what_one_host_counts_another_host_knows(db: None) -> None:
    cache.set("tries of Ken", 3, 60)
    other = _another_host()
    assert other.get("tries of Ken") == 3
    assert other.add("tries of Ken", 1) is False


def test_no_address_is_written_down(db: None) -> None:
    everybody = cast()
    visitor = "203.0.113.77"
    Client(REMOTE_ADDR=visitor).post("/sign-in/", {"email": everybody.mrs_c.email})
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM accounts_cache")
        rows = cursor.fetchall()
    assert rows
    for key, value in rows:
        # Ours, from our own database.
        told = f"{key} {pickle.loads(b64decode(value))}"
        assert visitor not in told
        assert everybody.mrs_c.email not in told
    assert {len(key) for key, _ in rows} == {40}


@pytest.mark.parametrize(
    ("peer", "told", "counted"),
    [
        ("10.0.0.9", "198.51.100.7", "198.51.100.7"),  # our balancer, which says who it was
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),  # anybody can write that header
    ],
)
def test_tries_are_counted_for_the_visitor_and_not_for_the_balancer(
    peer: str, told: str, counted: str
) -> None:
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=told)
    assert get_adapter(request).get_client_ip(request) == counted
