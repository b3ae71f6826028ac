"""The cast, and browsers for each of them."""

from pathlib import Path

import pytest
from django.test import Client

from bothways.accounts.models import User
from people import Cast, cast
from web.visiting import Visit


@pytest.fixture
def everybody(db: None, at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The shared cast, Monday at nine, in an installation of its own."""
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return cast()


@pytest.fixture
def visit() -> Visit:
    """A browser in which this person is signed in (None: nobody)."""

    def open_(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return open_
