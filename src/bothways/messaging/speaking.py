"""In which languages a message can be heard in a call: by a recording, or by one of the carrier's voices."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from bothways.channels.enums import Channel
from bothways.channels.services import offered
from bothways.channels.twilio.voices import voice_for
from bothways.messaging.models import Version


def languages_heard(messages: Collection[int]) -> dict[int, frozenset[str]]:
    """Message → the languages of its versions in which a call can say it; one query for all."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = Version.objects.filter(message__in=messages).values_list(
        "message_id", "language", "recording__id"
    )
    for message, language, recording in rows:
        if recording is not None or voice_for(language) is not None:
            found[message].add(language)
    return {message: frozenset(found[message]) for message in messages}


def spoken_by_machine(languages: Iterable[str]) -> frozenset[str]:
    """Those of these languages that a call here can say without a recording."""
    if Channel.VOICE not in offered():
        return frozenset()
    return frozenset(tag for tag in languages if tag and voice_for(tag) is not None)
