"""What a visitor is told when something broke."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from bothways.web.staff import reach
from people import Cast
from web.visiting import Visit


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("gone"), 503, "The database does not answer just now."),
        (InterfaceError("gone"), 503, "Nothing that was kept is lost"),
        (ValueError("Emily Parker"), 500, "Something went wrong on our side"),
    ],
)
def test_a_database_that_is_away_is_told_apart_from_a_fault_of_ours(
    everybody: Cast,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    def fail(*args: object, **values: object) -> None:
        raise error

    monkeypatch.setattr(reach, "board_of", fail)
    client: Client = visit(everybody.admin)
    client.raise_request_exception = False
    answer = client.get("/reach/")
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert "Emily" not in answer.content.decode()
    assert answer.headers.get("Retry-After") == ("30" if status == 503 else None)
