"""Many requests at once: one outcome for each delivery, as they come in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from bothways.channels.contract import Outcome, Outgoing


async def abreast(
    batch: Sequence[Outgoing], give: Callable[[Outgoing], Awaitable[Outcome]], *, at_once: int
) -> AsyncIterator[Outcome]:
    """What ``give`` says of each, so many at once; ``give`` never raises.

    Whoever stops listening stops the rest: nothing more is sent then.
    """
    waiting = iter(batch)
    done: asyncio.Queue[Outcome] = asyncio.Queue()

    async def work() -> None:
        for delivery in waiting:
            done.put_nowait(await give(delivery))

    workers = [asyncio.create_task(work()) for _ in range(min(at_once, len(batch)))]
    try:
        for _ in batch:
            yield await done.get()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
