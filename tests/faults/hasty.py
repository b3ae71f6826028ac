"""``bothways`` with short patience: what waits a minute in life waits seconds here; nothing else differs."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django


def shorten(module: Any, **values: Any) -> None:
    """Set constants that are there: one that was renamed must not go unnoticed."""
    for name, value in values.items():
        assert type(getattr(module, name)) is type(value), f"{module.__name__}.{name}"
        setattr(module, name, value)


def before_setup() -> None:
    from bothways.commands import processes
    from bothways.core import jobs

    shorten(processes, PROGRAM=(sys.executable, __file__), PAUSES=(0.0, 0.2, 0.5))
    shorten(
        jobs,
        BEAT_EVERY=timedelta(seconds=1),
        STALLED_AFTER=timedelta(seconds=4),
        PAUSES=(0.2, 0.5, 1.0),
        TICK="* * * * * */2",
    )


def after_setup() -> None:
    from bothways.channels import pace
    from bothways.messaging.services import outcomes, recovery, sending

    shorten(sending, BEAT_EVERY=0.5)
    shorten(recovery, STALE=timedelta(seconds=3), LOOK_AGAIN=1.5)
    shorten(pace, LONGEST_PAUSE=2.0)
    outcomes.retry_at = sooner(outcomes.retry_at)


def sooner(
    retry_at: Callable[..., datetime | None],
) -> Callable[..., datetime | None]:
    """The same number of tries, a fortieth of the waiting."""

    def at(now: datetime, *given: Any, **named: Any) -> datetime | None:
        again = retry_at(now, *given, **named)
        return None if again is None else now + (again - now) / 40

    return at


def main() -> None:
    before_setup()
    setup = django.setup

    def set_up(*args: Any, **values: Any) -> None:
        setup(*args, **values)
        after_setup()

    django.setup = set_up
    from bothways.commands.main import main as command

    command()


if __name__ == "__main__":
    main()
