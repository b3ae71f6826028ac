"""What is kept of how children were doing."""

from bothways.core.retention import Effect, Rule, TableRule


def _rows(name: str, what: str, table: str, since: str, days: int, least: int) -> TableRule:
    return TableRule(
        name=name,
        what=what,
        days=days,
        effect=Effect.DELETE,
        rows=f"{table} r",
        where=f"r.district_id = %(district)s AND {since} < %(before)s",
        act=(f"DELETE FROM {table} WHERE id = ANY(%(ids)s)",),  # noqa: S608
        least=least,
    )


# A school year and the one before: the monthly word counts from the year's first day.
RULES: tuple[Rule, ...] = (
    _rows("attendance", "Days missed, by child", "progress_attendance", "r.day", 800, 400),
    _rows("excuses", "Days excused by the office", "progress_excuse", "r.last", 800, 400),
    _rows(
        "schoolwork",
        "What became of schoolwork, by child",
        "progress_result",
        "r.changed_at",
        800,
        400,
    ),
    _rows(
        "progress_told",
        "That a family was told of an absence or of schoolwork",
        "progress_told",
        "r.at",
        800,
        60,
    ),
    _rows(
        "progress_loads",
        "Reports of attendance and gradebook files",
        "progress_progressload",
        "r.at",
        800,
        30,
    ),
)
