"""Python's collector while many objects are made: it would look at all of them, and there are no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_lying() -> Iterator[None]:
    """No collection meanwhile. What is no longer used is freed all the same, but for cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
