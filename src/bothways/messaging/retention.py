"""What messaging keeps how long. What the current period of reach or an open conversation needs stays."""

from bothways.core.retention import Effect, Rule, TableRule

YEAR = 365
# A school year and the summer after it.
_SCHOOL_YEAR = 400
_THREE_YEARS = 3 * YEAR
_SEVEN_YEARS = 7 * YEAR

_OPEN = (
    "EXISTS (SELECT FROM messaging_conversation c WHERE c.household_id = r.household_id"
    " AND c.waiting_since IS NOT NULL)"
)
# An address that a family still has is known from there anyway; and the stop link in an old mail to it
# must go on working.
_IN_USE = (
    "EXISTS (SELECT FROM people_contactpoint p WHERE p.district_id = %(district)s"
    " AND p.kind = r.kind AND p.match = r.match AND p.ended_at IS NULL)"
)
_UNDER_WAY = "('queued', 'claimed', 'held', 'printed')"
_OLD_ENTRY = "r.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"
_OLD_MESSAGE = "m.district_id = %(district)s AND m.created_at < least(%(before)s, %(period)s)"
_ENTRIES = "messaging_entry r LEFT JOIN messaging_conversation t ON t.id = r.conversation_id"
# Nobody waits for an answer, and the last word of the whole talk is as old as the rule says.
_TALK_IS_OVER = "t.waiting_since IS NULL AND (t.id IS NULL OR t.last_at < %(before)s)"

RULES: tuple[Rule, ...] = (
    TableRule(
        name="raw_events",
        what="Carriers' reports and incoming texts as they came, once they are taken in",
        days=90,
        effect=Effect.DELETE,
        # Those that could not be taken in stay: they may be a family's words. Carriers repeat a report
        # for some days; one that came again after its row is gone would be taken for new.
        rows="channels_rawevent r",
        where=(
            "r.received_at < %(before)s AND r.applied_at < %(before)s AND r.outcome <> 'failed'"
        ),
        act=(
            "UPDATE messaging_entry SET raw_id = NULL WHERE raw_id = ANY(%(ids)s)",
            "DELETE FROM channels_rawevent WHERE id = ANY(%(ids)s)",
        ),
        by_district=False,
        least=14,
    ),
    TableRule(
        name="delivery_addresses",
        what="Addresses on deliveries, where no family has the address any more; their links close",
        days=_SCHOOL_YEAR,
        effect=Effect.EMPTY,
        rows="messaging_delivery r",
        where=(
            "r.district_id = %(district)s AND r.created_at < least(%(before)s, %(period)s)"
            f" AND r.match NOT LIKE 'gone-%%' AND r.state NOT IN {_UNDER_WAY}"
            f" AND NOT {_IN_USE} AND NOT {_OPEN}"
        ),
        # No two alike: a message goes once to an address. The new code cannot be guessed, or typed.
        act=(
            "UPDATE messaging_delivery SET address = '', match = 'gone-' || id,"
            " code = '~' || left(encode(uuid_send(gen_random_uuid()), 'base64'), 11)"
            " WHERE id = ANY(%(ids)s)",
        ),
        least=30,
    ),
    TableRule(
        name="entry_addresses",
        what="The number or address from which words came, where no family has it any more",
        days=_SCHOOL_YEAR,
        effect=Effect.EMPTY,
        rows=_ENTRIES,
        where=f"{_OLD_ENTRY} AND r.match <> '' AND t.waiting_since IS NULL AND NOT {_IN_USE}",
        act=("UPDATE messaging_entry SET match = '' WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="message_words",
        what="The words of messages that the school sent",
        days=_THREE_YEARS,
        effect=Effect.EMPTY,
        rows=(
            "messaging_version r JOIN messaging_message m ON m.id = r.message_id"
            " LEFT JOIN messaging_conversation t ON t.id = m.conversation_id"
        ),
        where=(
            f"{_OLD_MESSAGE} AND r.body <> '' AND {_TALK_IS_OVER}"
            " AND NOT EXISTS (SELECT FROM messaging_delivery d"
            f" WHERE d.message_id = m.id AND d.state IN {_UNDER_WAY})"
        ),
        act=("UPDATE messaging_version SET subject = '', body = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="family_words",
        what="What families wrote and what they were answered, after the last word of the talk",
        days=_THREE_YEARS,
        effect=Effect.EMPTY,
        rows=_ENTRIES,
        where=f"{_OLD_ENTRY} AND r.body <> '' AND NOT r.danger AND {_TALK_IS_OVER}",
        act=("UPDATE messaging_entry SET body = '', original = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="danger_words",
        what="Words that may have meant danger, once they were read",
        days=_SEVEN_YEARS,
        effect=Effect.EMPTY,
        rows=_ENTRIES,
        where=(
            f"{_OLD_ENTRY} AND r.body <> '' AND r.danger AND {_TALK_IS_OVER}"
            " AND NOT EXISTS (SELECT FROM messaging_alert a"
            " WHERE a.entry_id = r.id AND a.seen_at IS NULL)"
        ),
        act=("UPDATE messaging_entry SET body = '', original = '' WHERE id = ANY(%(ids)s)",),
        least=YEAR,
    ),
    TableRule(
        name="family_voices",
        what="What families said into the phone, after the last word of the talk",
        days=_THREE_YEARS,
        effect=Effect.DELETE,
        rows=(
            "messaging_spoken r JOIN messaging_entry e ON e.id = r.entry_id"
            " LEFT JOIN messaging_conversation t ON t.id = e.conversation_id"
        ),
        where=(
            "e.district_id = %(district)s AND e.at < least(%(before)s, %(period)s)"
            f" AND NOT e.danger AND {_TALK_IS_OVER}"
        ),
        act=("DELETE FROM messaging_spoken WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="recordings",
        what="Messages as staff read them aloud for calls",
        days=_SCHOOL_YEAR,
        effect=Effect.DELETE,
        rows=(
            "messaging_recording r JOIN messaging_version v ON v.id = r.version_id"
            " JOIN messaging_message m ON m.id = v.message_id"
        ),
        where=(
            f"{_OLD_MESSAGE} AND r.at < %(before)s"
            " AND NOT EXISTS (SELECT FROM messaging_delivery d"
            f" WHERE d.message_id = m.id AND d.state IN {_UNDER_WAY})"
        ),
        act=("DELETE FROM messaging_recording WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="held_homes",
        what="Homes that a message meant and could not be written to",
        days=_SCHOOL_YEAR,
        effect=Effect.DELETE,
        rows="messaging_heldhome r JOIN messaging_message m ON m.id = r.message_id",
        where=_OLD_MESSAGE,
        act=("DELETE FROM messaging_heldhome WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="inbox_notes",
        what="Notes of staff beside families’ words, in conversations that are over",
        days=_THREE_YEARS,
        effect=Effect.DELETE,
        rows="messaging_aside r JOIN messaging_conversation t ON t.id = r.conversation_id",
        where=(
            "t.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"
            f" AND {_TALK_IS_OVER}"
        ),
        act=("DELETE FROM messaging_aside WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="awaited_answers",
        what="Answers that waited for a translator, once they are sent or taken back",
        days=30,
        effect=Effect.DELETE,
        rows="messaging_awaitedanswer r JOIN messaging_conversation t ON t.id = r.conversation_id",
        where=(
            "t.district_id = %(district)s AND r.at < %(before)s"
            " AND (r.done_at IS NOT NULL OR r.withdrawn_at IS NOT NULL)"
        ),
        act=("DELETE FROM messaging_awaitedanswer WHERE id = ANY(%(ids)s)",),
    ),
    TableRule(
        name="question_answers",
        what="Answers to questions by message; who asked has taken them in",
        days=_SCHOOL_YEAR,
        effect=Effect.DELETE,
        rows="messaging_questionanswer r JOIN messaging_question q ON q.id = r.question_id",
        where="q.district_id = %(district)s AND r.at < %(before)s AND q.until < %(before)s",
        act=("DELETE FROM messaging_questionanswer WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="questions_asked",
        what="Of whom an answer was awaited, and whether an anonymous one came",
        days=_SCHOOL_YEAR,
        effect=Effect.DELETE,
        rows="messaging_asked r JOIN messaging_question q ON q.id = r.question_id",
        where="q.district_id = %(district)s AND q.until < %(before)s",
        act=("DELETE FROM messaging_asked WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="writing_now",
        what="Who had an answer open",
        days=1,
        effect=Effect.DELETE,
        rows="messaging_writing r JOIN messaging_conversation t ON t.id = r.conversation_id",
        where="t.district_id = %(district)s AND r.last_at < %(before)s",
        act=("DELETE FROM messaging_writing WHERE id = ANY(%(ids)s)",),
    ),
)
