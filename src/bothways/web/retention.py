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
    TableRule(
        name="family_codes",
        what="Codes for families' own pages, after they ran out",
        days=2,
        effect=Effect.DELETE,
        rows="web_familycode r",
        where="r.made_at < %(before)s",
        act=("DELETE FROM web_familycode WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
    ),
    TableRule(
        name="family_pins",
        what="PINs for families' own pages, after they were used or ran out",
        days=30,
        effect=Effect.DELETE,
        rows="web_familypin r",
        where="least(r.used_at, r.expires_at) < %(before)s",
        act=("DELETE FROM web_familypin WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
    ),
    TableRule(
        name="family_sessions",
        what="Browsers in which families' own pages were open, after they closed",
        days=30,
        effect=Effect.DELETE,
        rows="web_familysession r",
        where="least(r.ended_at, r.expires_at) < %(before)s",
        act=("DELETE FROM web_familysession WHERE id = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
    ),
    TableRule(
        name="drafts",
        what="Messages that somebody here began and did not send, and the form of those that were sent",
        days=60,
        effect=Effect.DELETE,
        rows="web_keptdraft r",
        # One that is to leave later can still be taken back, whole.
        where="r.at < %(before)s AND NOT EXISTS (SELECT FROM messaging_message m"
        " WHERE m.id = r.message_id AND m.sent_at IS NULL)",
        act=("DELETE FROM web_keptdraft WHERE id = ANY(%(ids)s)",),
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
