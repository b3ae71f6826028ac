"""The cast, with Mrs. C's phone in her account."""

from pathlib import Path

import pytest
from django.test import Client

from bothways.accounts.models import User
from people import Cast, cast

MRS_C = "+13125550150"


@pytest.fixture
def everybody(db: None, at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    made = cast()
    # As somebody typed it.
    User.objects.filter(pk=made.mrs_c.pk).update(phone="(312) 555-0150")
    made.mrs_c.refresh_from_db()
    return made


@pytest.fixture
def client() -> Client:
    """A visitor whom nobody knows."""
    return Client()
