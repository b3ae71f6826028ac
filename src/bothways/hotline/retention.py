"""What the hotline keeps how long."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="homework",
        what="Homework that was posted, and teachers’ recordings of it",
        days=400,
        effect=Effect.DELETE,
        rows="hotline_posting r",
        where="r.district_id = %(district)s AND r.changed_at < %(before)s",
        act=(
            "DELETE FROM hotline_spokenwork WHERE posting_id = ANY(%(ids)s)",
            "DELETE FROM hotline_posting WHERE id = ANY(%(ids)s)",
        ),
        least=30,
    ),
    TableRule(
        name="homework_texts",
        what="What teachers were answered when they posted by text",
        days=90,
        effect=Effect.DELETE,
        rows="hotline_teachertext r",
        where="r.at < %(before)s",
        act=("DELETE FROM hotline_teachertext WHERE id = ANY(%(ids)s)",),
        by_district=False,
        least=7,
    ),
)
