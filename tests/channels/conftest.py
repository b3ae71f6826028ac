"""Servers on this machine that carriers talk to."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from channels.mailbox import Mailbox
from channels.twilio_stand_in import StandIn


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    server = await stand_in.serve()
    yield stand_in
    await server.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.open()
    yield box
    box.close()
