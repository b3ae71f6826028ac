"""The connector to a district's own language model, with a small server in its place."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bothways.coach import check
from bothways.coach.model import Host, mask, reword, unmask

TEXT = "Dear Ms. Rivera, I saw that Troy never did page 14. Write to c@school.example or call +1 512 555 0100."


class Stand(HTTPServer):
    """What a model's server would say, and what it was sent."""

    answer: Any = None
    status = 200
    sent: list[str]


@pytest.fixture
def stand() -> Iterator[Stand]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server: Stand = self.server  # type: ignore[assignment]
            server.sent.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            asked = json.loads(server.sent[-1])["messages"][1]["content"]
            said = server.answer(asked) if callable(server.answer) else server.answer
            body = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Stand(("127.0.0.1", 0), Answers)
    server.sent = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def host(stand: Stand) -> Host:
    return Host(f"http://127.0.0.1:{stand.server_port}/v1", "small", "key")


def test_no_name_number_or_address_leaves_the_house(stand: Stand) -> None:
    stand.answer = lambda asked: asked.replace("never did", "has not yet done")
    said = reword(TEXT, check(TEXT, lang="en").findings, host=host(stand), names=["troy", "Rivera"])
    assert [
        word for word in ("Troy", "Rivera", "14", "school.example", "555") if word in stand.sent[0]
    ] == []
    assert said == TEXT.replace("never did", "has not yet done")


@pytest.mark.parametrize("answer", ["Dear family.", "[[1]] [[2]] [[99]]", None, 7])
def test_a_wording_that_lost_or_made_up_something_is_not_shown(
    stand: Stand, answer: object
) -> None:
    stand.answer = answer
    assert reword(TEXT, check(TEXT, lang="en").findings, host=host(stand)) is None


def test_a_model_that_fails_leaves_the_rules_alone(stand: Stand) -> None:
    stand.status = 500
    findings = check(TEXT, lang="en").findings
    assert reword(TEXT, findings, host=host(stand)) is None
    assert reword(TEXT, findings, host=Host("http://127.0.0.1:1/v1", "small")) is None
    assert reword(TEXT, findings, host=Host("file:///etc/passwd", "small")) is None


def test_what_is_masked_comes_back_as_it_was() -> None:
    masked = mask(TEXT, names=["Troy"])
    assert unmask(masked.text, masked.kept) == TEXT
