"""Reading rosters: a path in, plain records out. No database.

``open_roster`` reads, ``write_oneroster`` writes; ``table_start``, ``guess_mapping`` and
``check_mapping`` are for the page on which somebody says what the columns of a table mean.
"""

from bothways.roster.readers.guessing import guess_mapping
from bothways.roster.readers.mapping import (
    GUARDIAN_FIELDS,
    STUDENT_FIELDS,
    Mapping,
)
from bothways.roster.readers.mapping import (
    check as check_mapping,
)
from bothways.roster.readers.mapping import (
    from_json as mapping_from_json,
)
from bothways.roster.readers.mapping import (
    load as load_mapping,
)
from bothways.roster.readers.opening import Start, open_roster, table_start
from bothways.roster.readers.sources import Limits
from bothways.roster.readers.unusable import UnusableRoster
from bothways.roster.readers.write import write_oneroster

__all__ = [
    "GUARDIAN_FIELDS",
    "STUDENT_FIELDS",
    "Limits",
    "Mapping",
    "Start",
    "UnusableRoster",
    "check_mapping",
    "guess_mapping",
    "load_mapping",
    "mapping_from_json",
    "open_roster",
    "table_start",
    "write_oneroster",
]
