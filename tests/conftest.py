"""What all tests share: a database of their own, and nothing of this machine's."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

_stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded database before Django reads its settings, unless DATABASE_URL names one."""
    if "DATABASE_URL" in os.environ:
        return
    from bothways.core.pg import attach

    home = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="bothways-tests-")))
    server = _stack.enter_context(attach(home))
    os.environ["DATABASE_URL"] = server.superuser_url


def pytest_unconfigure(config: pytest.Config) -> None:
    _stack.close()
