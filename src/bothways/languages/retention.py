"""How long translations of families' words are kept."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="readings",
        what="Machine translations of what families wrote; made again when somebody looks",
        days=30,
        effect=Effect.DELETE,
        rows="languages_reading r",
        where="r.district_id = %(district)s AND r.at < %(before)s",
        act=("DELETE FROM languages_reading WHERE id = ANY(%(ids)s)",),
        least=1,
    ),
)
