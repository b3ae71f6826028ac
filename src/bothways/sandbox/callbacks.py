"""The carrier calls the product: signed form posts, tried again for a while, then kept."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from hmac import new as hmac
from typing import Final

import aiohttp
from yarl import URL

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.twilio_wire import signature

# Seconds of simulated time before each try after the first; then the call is given up and kept.
AGAIN: Final = (15, 60, 300, 1800)

# What is to be done once a call has arrived, or was given up.
Over = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that was given up."""

    at: datetime
    url: str
    why: str
    params: Mapping[str, str] | bytes


class Callbacks:
    """Posts forms (Twilio's) and JSON (Meta's, as bytes) to the product; counts what became of them."""

    def __init__(self, agenda: Agenda, token: str, again: Sequence[int] = AGAIN) -> None:
        self.agenda = agenda
        self.token = token
        self.waits = tuple(timedelta(seconds=seconds) for seconds in again)
        self.delivered = 0
        self.retried = 0
        self.failed = 0
        self.last_failed: deque[Failed] = deque(maxlen=1000)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        params: Mapping[str, str] | bytes,
        over: Over | None = None,
        tries: int = 0,
    ) -> None:
        """Post once; a refused connection or a 5xx is put on the agenda again."""
        why, again = await self._once(url, params)
        if not why:
            self.delivered += 1
        elif again and tries < len(self.waits):
            self.retried += 1
            due = self.agenda.clock.now() + self.waits[tries]
            self.agenda.put(due, partial(self.post, url, params, over, tries + 1))
            return
        else:
            self.failed += 1
            self.last_failed.append(Failed(self.agenda.clock.now(), url, why, params))
        if over:
            over()

    def _headers(self, url: str, params: Mapping[str, str] | bytes) -> dict[str, str]:
        """Who says so, and the proof of it."""
        if isinstance(params, bytes):
            proof = hmac(self.token.encode(), params, sha256).hexdigest()
            return {
                "X-Hub-Signature-256": f"sha256={proof}",
                "Content-Type": "application/json",
                "User-Agent": "facebookexternalua",
            }
        return {
            "X-Twilio-Signature": signature(self.token, url, params),
            "User-Agent": "TwilioProxy/1.1",
        }

    async def _once(self, url: str, params: Mapping[str, str] | bytes) -> tuple[str, bool]:
        """(why it failed or "", whether to try again)."""
        headers = self._headers(url, params)
        try:
            # The address is used as given: quoting it anew would break the signature.
            async with self.session().post(
                URL(url, encoded=True), data=params, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                if answer.status < 300:
                    return "", False
                return f"status {answer.status}", answer.status >= 500 or answer.status == 429
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__, True
        except ValueError as error:
            return f"unusable address: {error}", False

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64),
                timeout=aiohttp.ClientTimeout(total=15),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
