"""What is kept of surveys. Figures of groups stay longer than what families answered by name."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="survey_answers",
        what="Answers to surveys that are not anonymous, and who was asked",
        days=1200,
        effect=Effect.DELETE,
        rows="surveys_invitation r",
        where="r.district_id = %(district)s AND r.at < %(before)s",
        act=(
            "DELETE FROM surveys_answer WHERE invitation_id = ANY(%(ids)s)",
            "DELETE FROM surveys_invitation WHERE id = ANY(%(ids)s)",
        ),
        least=60,
    ),
    TableRule(
        name="survey_words",
        what="Free words in answers to surveys by name",
        days=400,
        effect=Effect.EMPTY,
        rows="surveys_answer r JOIN surveys_invitation i ON i.id = r.invitation_id",
        where="i.district_id = %(district)s AND i.at < %(before)s AND r.words <> ''",
        act=("UPDATE surveys_answer SET words = '' WHERE id = ANY(%(ids)s)",),
        least=60,
    ),
)
