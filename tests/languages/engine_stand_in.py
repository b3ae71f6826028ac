"""Translation services as their public documentation describes them, on this machine.

They say every line in capitals in brackets and leave alone what is marked as not to be translated, each in
its own form: DeepL's v2/translate, Google's language/translate/v2, Azure's translate 3.0, LibreTranslate's
/translate. What they refuse, and how, is set by ``trouble``.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "key-of-the-district"


@dataclass
class StandIn:
    """What was asked of it, and how it answers."""

    url: str = ""
    trouble: str = ""
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


def say(line: str) -> str:
    """Capitals, but for entities, elements and what stands inside marked ones."""
    pieces = re.split(r"(<(span|x)\b[^>]*>.*?</\2>|&\w+;|⟦\d+⟧)", line)
    return (
        "["
        + "".join(p.upper() if i % 3 == 0 else p for i, p in enumerate(pieces) if i % 3 != 2)
        + "]"
    )


# trouble → (status, body) as each documents it
TROUBLES: dict[str, dict[str, tuple[int, object]]] = {
    "deepl": {
        "wrong key": (403, {"message": "Forbidden"}),
        "quota": (456, {"message": "Quota Exceeded"}),
        "busy": (429, {"message": "Too many requests"}),
        "away": (503, {"message": "Unavailable"}),
        "pair": (400, {"message": "Value for 'target_lang' not supported."}),
    },
    "google": {
        "wrong key": (400, {"error": {"code": 400, "message": "API key not valid. Please pass a valid one."}}),
        "quota": (403, {"error": {"code": 403, "message": "Daily Limit Exceeded"}}),
        "busy": (429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}),
        "away": (500, {"error": {"code": 500}}),
        "pair": (400, {"error": {"code": 400, "message": "Bad language pair: en|xx"}}),
    },
    "azure": {
        "wrong key": (401, {"error": {"code": 401000, "message": "The request is not authorized."}}),
        "quota": (403, {"error": {"code": 403001, "message": "Out of call volume quota."}}),
        "busy": (429, {"error": {"code": 429000}}),
        "away": (503, {"error": {"code": 503000}}),
        "pair": (400, {"error": {"code": 400036, "message": "The target language is not valid."}}),
    },
    "libretranslate": {
        "wrong key": (403, {"error": "Invalid API key"}),
        "quota": (403, {"error": "Daily limit exceeded"}),
        "busy": (429, {"error": "Slowdown: 30 per 1 minute"}),
        "away": (500, {"error": "Cannot translate text"}),
        "pair": (400, {"error": "xx is not supported"}),
    },
}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    state: StandIn

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.state.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        name, said = self._answer(body)
        trouble = self.state.trouble
        if trouble in TROUBLES[name]:
            self._give(*TROUBLES[name][trouble])
        elif trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
        elif trouble == "no json":
            self._give(200, "<html>maintenance</html>")
        elif trouble == "other json":
            self._give(200, {"hello": [1, None]})
        elif trouble == "silent":
            # Longer than anybody waits.
            threading.Event().wait(0.8)
        else:
            self._give(200, said)

    def _answer(self, body: Any) -> tuple[str, object]:
        def some(lines: list[str]) -> list[str]:
            said = [say(line) for line in lines]
            return said[:-1] if self.state.trouble == "partial" else said

        if self.path == "/v2/translate":
            assert body["tag_handling"] == "xml"
            assert len(body["text"]) <= 50
            texts = [{"detected_source_language": "EN", "text": t} for t in some(body["text"])]
            return "deepl", {"translations": texts}
        if self.path == "/language/translate/v2":
            assert len(body["q"]) <= 128
            return "google", {
                "data": {"translations": [{"translatedText": t} for t in some(body["q"])]}
            }
        if self.path.startswith("/translate?api-version=3.0"):
            assert len(body) <= 1000
            said = some([one["Text"] for one in body])
            return "azure", [{"translations": [{"text": t, "to": "es"}]} for t in said]
        assert self.path == "/translate"
        return "libretranslate", {"translatedText": some(body["q"])}

    def _give(self, status: int, body: object) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    state = StandIn()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Echo:
    """An engine of the house for tests: the words with the language in front, and what it was asked."""

    name = "echo"
    label = "Echo"
    outside = True
    settings = ()
    asked: list[tuple[str, str, str]] = []
    trouble: Exception | None = None

    def __init__(self, settings: object) -> None:
        pass

    def can(self, source: str, target: str) -> bool:
        return True

    async def translate(self, batch: list[str], source: str, target: str) -> list[str]:
        await asyncio.sleep(0)
        Echo.asked += [(text, source, target) for text in batch]
        if Echo.trouble is not None:
            raise Echo.trouble
        return [f"<{target}> {text}" for text in batch]
