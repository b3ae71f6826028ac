"""What somebody at the office sees meanwhile, fetched from the real pages and the real doctor."""

import html
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

_ROW = re.compile(r'<th scope="row">([^<]+)<.*?<td class="n">([\d.,]+)</td>', re.DOTALL)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


class Office:
    """A browser that is signed in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        )

    def sign_in(self, link: str) -> None:
        """Open the link and press its button."""
        page = self._open(link)[1]
        token = _TOKEN.search(page)
        assert token is not None, "the sign-in page has no button"
        self._open(link, {"csrfmiddlewaretoken": token[1]})

    def look(self, messages: Sequence[int]) -> dict[str, Any]:
        """The messages' pages: HTTP status, seconds, and what each says became of it, added up."""
        began = time.monotonic()
        counts: dict[str, int] = {}
        status: int | str = 200
        heading = ""
        for message in messages:
            try:
                status, page = self._open(f"/sent/{message}/")
            except (OSError, TimeoutError) as error:
                status, page = _words(error), ""
            if status != 200:
                counts = {}
                title = _TITLE.search(page)
                heading = _plain(title[1]) if title else ""
                break
            _, _, rest = page.partition("<caption>")
            for label, number in _ROW.findall(rest.partition("</table>")[0]):
                name = _plain(label)
                counts[name] = counts.get(name, 0) + int(re.sub(r"\D", "", number))
        seen: dict[str, Any] = {"http": status, "seconds": round(time.monotonic() - began, 1)}
        if heading:
            seen["page"] = heading
        return {**seen, "counts": counts} if counts else seen

    def _open(self, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        request = urllib.request.Request(  # noqa: S310 - our own server on this machine
            self.url + path,
            data=urlencode(form).encode() if form else None,
            headers={"Referer": self.url + path},
        )
        try:
            with self._browser.open(request, timeout=45) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")


def doctor(program: Sequence[str], env: Mapping[str, str]) -> str:
    """What ``bothways doctor`` says is wrong."""
    try:
        said = subprocess.run(  # noqa: S603 - our own command
            [*program, "doctor", "--json"], env=dict(env), capture_output=True, timeout=150
        )
        checks = json.loads(said.stdout)["checks"]
    except subprocess.TimeoutExpired:
        return "no answer within 150 seconds"
    except (ValueError, KeyError):
        return said.stderr.decode(errors="replace").strip()[-300:]
    wrong = [check["words"] for check in checks if not check["ok"]]
    return " ".join(wrong)[:600] if wrong else "all is well"


def _plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def _words(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    return f"no answer ({getattr(reason, 'strerror', None) or type(reason).__name__})"
