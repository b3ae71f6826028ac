"""Takes batches to carriers on a thread of its own, so that calling them and writing their answers overlap."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from bothways.channels.contract import Carrier, Outcome, Outgoing


class Courier:
    """One network thread for a whole send: connections to a carrier outlive the batch.

    A thread per batch would open a hundred connections anew for every five hundred texts.
    """

    def __init__(self, *, most: int, wait: float) -> None:
        """Answers are handed over when there are ``most`` of them, or ``wait`` seconds after the last time."""
        self._most, self._wait = most, wait
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._answers: list[Outcome] = []
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._carriers: dict[int, Carrier] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def take(self, carrier: Carrier, batch: Sequence[Outgoing]) -> Iterator[list[Outcome]]:
        """The carrier's answers in lists as they come, empty lists while nothing comes.

        Raises what the carrier raises, after the answers that came before it: those are true.
        """
        asked = asyncio.run_coroutine_threadsafe(self._ask(carrier, batch), self._loop)
        asked.add_done_callback(self._tell)
        try:
            while not asked.done():
                self._news.wait(self._wait)
                yield self._some()
            yield self._some()
        finally:
            # Whoever listens may have broken off: nothing more is sent then.
            asked.cancel()
        asked.result()

    async def _ask(self, carrier: Carrier, batch: Sequence[Outgoing]) -> None:
        if id(carrier) not in self._carriers:
            await carrier.open()
            self._carriers[id(carrier)] = carrier
        async for outcome in carrier.send(batch):
            with self._lock:
                self._answers.append(outcome)
                enough = len(self._answers) >= self._most
            if enough:
                self._news.set()

    def _some(self) -> list[Outcome]:
        with self._lock:
            answers, self._answers = self._answers, []
            self._news.clear()
        return answers

    def _tell(self, asked: Future[None]) -> None:
        self._news.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _close(self) -> None:
        for carrier in self._carriers.values():
            await carrier.close()
