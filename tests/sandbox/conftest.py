"""One school, and sandboxes that are shut again after each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from sandbox.school import Driver, School, open_sandbox, town

Opener = Callable[..., Awaitable[Driver]]


@pytest_asyncio.fixture
async def school() -> AsyncIterator[School]:
    """The school's side, listening."""
    there = School()
    runner = await there.open()
    yield there
    await runner.cleanup()


@pytest_asyncio.fixture
async def sandbox(school: School, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens a sandbox with changes to the quiet town; again on the same home, it is a restart."""
    opened: list[Driver] = []
    http = aiohttp.ClientSession()

    async def opener(home: str = "home", **changes: Any) -> Driver:
        for driver in [one for one in opened if one.home == tmp_path / home]:
            await driver.running.stop()
            opened.remove(driver)
        running = await open_sandbox(
            tmp_path / home, town(**changes), f"{school.url}/hooks/incoming"
        )
        driver = Driver(running, http, tmp_path / home, school)
        opened.append(driver)
        return driver

    yield opener
    for driver in opened:
        await driver.running.stop()
    await http.close()
