"""What is kept of what stood in the way."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="barrier_words",
        what="What families said of what stands in the way",
        days=3 * 365,
        effect=Effect.EMPTY,
        rows="barriers_telling r",
        where="r.district_id = %(district)s AND r.at < %(before)s AND r.words <> ''",
        act=("UPDATE barriers_telling SET words = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="barrier_words_of_children",
        what="What was told of what stands in the way of a child, after the child left for good",
        days=400,  # a child who comes back within the year finds it there
        effect=Effect.EMPTY,
        rows="barriers_telling r JOIN people_student s ON s.id = r.student_id",
        where="r.district_id = %(district)s AND s.ended_at < %(before)s AND r.words <> ''",
        act=("UPDATE barriers_telling SET words = '' WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="barriers_gone",
        what="What stood in a family’s way, after it ended",
        days=3 * 365,
        effect=Effect.DELETE,
        rows="barriers_familybarrier r",
        where="r.district_id = %(district)s AND r.ended_at < %(before)s",
        act=(
            "DELETE FROM barriers_telling WHERE barrier_id = ANY(%(ids)s)",
            "DELETE FROM barriers_familybarrier WHERE id = ANY(%(ids)s)",
        ),
        least=90,
    ),
)
