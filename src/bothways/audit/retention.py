"""The record outlives everything that it speaks of."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="audit",
        what="The record of who looked at what and changed what; ids only",
        days=10 * 365,
        effect=Effect.DELETE,
        rows="audit_entry r",
        where="r.at < %(before)s",
        act=("DELETE FROM audit_entry WHERE id = ANY(%(ids)s)",),
        by_district=False,
        least=3 * 365,
    ),
)
