"""A process that adds ledger lines at a steady rate while the reach benchmark reads.

``python -m bothways.commands.bench.reach_lines RATE``: until its standard input closes, then says how many.
"""

import random
import select
import sys
import time
from datetime import timedelta

BATCH = 25


def main(rate: int) -> None:
    import django

    django.setup()
    from django.db import transaction

    from bothways.core import clock
    from bothways.ledger.enums import Direction, Level, SourceKind
    from bothways.ledger.services import Line, write
    from bothways.people.models import Household

    homes = list(Household.objects.order_by("pk").values_list("pk", "district_id"))
    draw = random.Random(7)  # noqa: S311 - which families hear something is no secret
    done = 0
    start = time.monotonic()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], max(0, start + done / rate - time.monotonic()))[0]:
        lines = []
        for _ in range(BATCH):
            home, district = draw.choice(homes)
            done += 1
            lines.append(
                Line(
                    district_id=district,
                    household_id=home,
                    at=clock.now() - timedelta(minutes=1),
                    level=Level(draw.choice((1, 2, 2, 3, 4))),
                    direction=Direction.TO_FAMILY,
                    channel="text",
                    source_kind=SourceKind.DELIVERY,
                    source_id=10**12 + done,
                )
            )
        with transaction.atomic():
            write(lines)
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
