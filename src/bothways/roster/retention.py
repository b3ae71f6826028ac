"""What is kept of imports."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="imports",
        what="Reports of roster imports; file names, line numbers and ids",
        days=800,
        effect=Effect.DELETE,
        rows="roster_importrun r",
        where="r.district_id = %(district)s AND r.at < %(before)s",
        act=("DELETE FROM roster_importrun WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
)
