"""What is due and when: events fire in time order, those of one instant side by side."""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime

from bothways.sandbox.clock import Clock

log = logging.getLogger("bothways.sandbox")

Deed = Callable[[], Awaitable[None]]


class Agenda:
    """A queue of deeds by due time; one broken deed never holds up the others."""

    def __init__(self, clock: Clock, side_by_side: int = 32) -> None:
        self.clock = clock
        self.side_by_side = side_by_side
        self.broken = 0
        self._heap: list[tuple[datetime, int, Deed]] = []
        self._count = 0
        self._one_at_a_time = asyncio.Lock()
        self._earlier = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, due: datetime, deed: Deed) -> None:
        first = not self._heap or due < self._heap[0][0]
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, deed))
        if first:
            self._earlier.set()

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    async def advance(self, to: datetime) -> int:
        """Fire everything due by ``to``, also what comes up on the way; how many that were."""
        async with self._one_at_a_time:
            fired = 0
            while self._heap and self._heap[0][0] <= to:
                # A running clock waits for nobody: what is due goes side by side, begun in order.
                due = self._heap[0][0] if self.clock.speed is None else to
                self.clock.move(due)
                deeds = []
                while self._heap and self._heap[0][0] <= due:
                    deeds.append(heapq.heappop(self._heap)[2])
                await self._do(deeds)
                fired += len(deeds)
            self.clock.move(to)
            return fired

    async def run(self) -> None:
        """Fire by the running clock until cancelled."""
        while True:
            await self.advance(self.clock.now())
            self._earlier.clear()
            due = self.next_due()
            seconds = None
            if due is not None:
                ahead = (due - self.clock.now()).total_seconds()
                seconds = max(0.0, ahead / (self.clock.speed or 1.0))
            try:
                await asyncio.wait_for(self._earlier.wait(), seconds)
            except TimeoutError:
                continue

    async def _do(self, deeds: list[Deed]) -> None:
        if len(deeds) == 1:
            await self._one(deeds[0])
            return
        # Ten thousand receipts of one instant share a few workers, not ten thousand tasks.
        todo = iter(deeds)
        await asyncio.gather(*(self._work(todo) for _ in range(min(self.side_by_side, len(deeds)))))

    async def _work(self, todo: Iterator[Deed]) -> None:
        for deed in todo:
            await self._one(deed)

    async def _one(self, deed: Deed) -> None:
        try:
            await deed()
        except Exception:
            self.broken += 1
            log.exception("An event of the sandbox broke; the others go on.")
