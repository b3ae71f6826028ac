"""Translations of what families wrote, made in the background: no page waits for an engine."""

from collections import defaultdict
from datetime import timedelta

from bothways.core import clock
from bothways.languages.engines.contract import CannotTranslate, EngineError, Misconfigured, UsedUp
from bothways.languages.engines.running import engine_of, run
from bothways.languages.models import Reading
from bothways.languages.protection import protect, restore
from bothways.schools.models import District

BATCH = 20
# Words that no engine took within this time are no longer kept for it.
WORTH_TRYING = timedelta(hours=24)


def translate_waiting(district_id: int) -> bool:
    """Translate what waits, up to BATCH texts; whether more waits that may be tried now.

    Raises EngineError where the engine was away: the job is tried again later.
    """
    waiting = Reading.objects.filter(district=district_id).exclude(text="")
    waiting.filter(at__lt=clock.now() - WORTH_TRYING).update(
        text="", names=[], trouble="no engine took it in time"
    )
    rows = list(waiting.order_by("pk")[:BATCH])
    engine = engine_of(District.objects.get(pk=district_id), families=True)
    if engine is None:
        # Families' words stop leaving the house at once, also those that wait.
        waiting.update(text="", names=[], trouble="no engine")
        return False
    pairs: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for row in rows:
        pairs[row.language, row.reader].append(row)
    away: EngineError | None = None
    for (source, target), some in pairs.items():
        whole = [protect(row.text, names=row.names) for row in some]
        try:
            said = run(engine, [one.text for one in whole], source, target)
        except (CannotTranslate, Misconfigured, UsedUp) as error:
            _settle(some, trouble=type(error).__name__)
            continue
        except EngineError as error:
            away = error
            continue
        for row, one, text in zip(some, whole, said, strict=True):
            row.translation = restore(text, one.kept, target=target)
            row.engine, row.text, row.names = engine.name, "", []
        Reading.objects.bulk_update(some, ["translation", "engine", "text", "names"])
    if away is not None:
        raise away
    return len(rows) == BATCH


def _settle(rows: list[Reading], *, trouble: str) -> None:
    Reading.objects.filter(pk__in=[row.pk for row in rows]).update(
        text="", names=[], trouble=trouble
    )


def forget_readings(district: District) -> int:
    """Take back all machine translations of families' words; how many."""
    return Reading.objects.filter(district=district).delete()[0]
