"""What pages keep how long."""

from bothways.core.home import folder
from bothways.core.retention import Effect, FolderRule, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="submitted_forms",
        what="Marks by which a form that is sent twice does its work once",
        days=30,
        effect=Effect.DELETE,
        rows="web_submittedform r",
        where="r.at < %(before)s",
        act=("DELETE FROM web_submittedform WHERE id = ANY(%(ids)s)",),
        by_district=False,
    ),
    FolderRule(
        name="uploads",
        what="Uploaded rosters that nobody decided about",
        days=14,
        folder=lambda home: folder(home, "uploads"),
        patterns=("[0-9a-f]" * 32,),
    ),
)
