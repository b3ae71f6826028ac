"""Servers on this machine that carriers talk to."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from channels.mail_provider import MailProvider
from channels.mailbox import Mailbox
from channels.meta_stand_in import MetaStandIn
from channels.push_service import PushService
from channels.smsbox_stand_in import Smsbox
from channels.twilio_stand_in import StandIn


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    server = await stand_in.serve()
    yield stand_in
    await server.close()


@pytest_asyncio.fixture
async def meta() -> AsyncIterator[MetaStandIn]:
    stand_in = MetaStandIn()
    server = await stand_in.serve()
    yield stand_in
    await server.close()


@pytest_asyncio.fixture
async def push_service() -> AsyncIterator[PushService]:
    service = PushService()
    server = await service.serve()
    yield service
    await server.close()


@pytest_asyncio.fixture
async def smsbox() -> AsyncIterator[Smsbox]:
    stand_in = Smsbox()
    server = await stand_in.serve()
    yield stand_in
    await server.close()


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[MailProvider]:
    stand_in = MailProvider()
    server = await stand_in.serve()
    yield stand_in
    await server.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.open()
    yield box
    box.close()
