"""How long what families said, and what came of it, is kept."""

from bothways.core.retention import Effect, Rule, TableRule

_THREE_YEARS = 3 * 365
_OVER = "r.district_id = %(district)s AND r.closed_at < %(before)s"

RULES: tuple[Rule, ...] = (
    TableRule(
        name="feedback_words",
        what="Requests, observations and suggestions of families, after they were closed",
        days=_THREE_YEARS,
        effect=Effect.DELETE,
        rows="feedback_item r",
        where=_OVER,
        act=(
            "DELETE FROM feedback_step WHERE item_id = ANY(%(ids)s)",
            "DELETE FROM feedback_item WHERE id = ANY(%(ids)s)",
        ),
        least=90,
    ),
)
