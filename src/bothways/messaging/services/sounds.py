"""Sound, in both directions: words that a person reads out for families, and what families say."""

import asyncio
from typing import Final

from django.db import transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.contract import Listens
from bothways.core import clock, jobs
from bothways.messaging.carriers import with_words
from bothways.messaging.lengths import seconds_of
from bothways.messaging.models import Entry, Recording, Spoken, Version

MOST_BYTES: Final = 5_000_000
MOST_SECONDS: Final = 240
# What carriers play and browsers record; told by the beginning of the file, not by its name.
_KINDS: Final = (
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"\xff\xf2", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
)


class NotASound(ValueError):
    """The file cannot be played in a call; the text says what can."""


def kind_of(data: bytes) -> str:
    """The content type. Raises NotASound."""
    for mark, at, kind in _KINDS:
        if data[at : at + len(mark)] == mark and (at == 0 or data[:4] == b"RIFF"):
            return kind
    raise NotASound("This is no MP3 or WAV file. Save the recording as one of these and try again.")


@transaction.atomic
def record_version(*, version: Version, data: bytes, by: User, voice: str = "") -> Recording:
    """Let calls play this instead of a machine's voice, and families hear it on their page.

    ``voice``: whose voice it is, where not that of who keeps it. Raises NotASound.
    """
    if len(data) > MOST_BYTES:
        raise NotASound("The file is larger than 5 MB. Save the recording as MP3 and try again.")
    kind = kind_of(data)
    seconds = seconds_of(data, kind)
    if seconds is not None and seconds > MOST_SECONDS:
        raise NotASound(
            "The recording is longer than four minutes. Nobody listens that long on the phone: say what "
            "matters first, and leave the rest to the page."
        )
    kept, _ = Recording.objects.update_or_create(
        version=version,
        defaults={
            "data": data,
            "content_type": kind,
            "seconds": seconds,
            "voice": voice.strip(),
            "by": by,
            "at": clock.now(),
        },
    )
    record(
        "recording.kept",
        version.message,
        by=by.pk,
        district=version.message.district_id,
        version=version.pk,
    )
    return kept


@transaction.atomic
def forget_recording(*, version: Version, by: User) -> bool:
    """Nobody hears these words in this voice any more; False where nothing was recorded."""
    found = Recording.objects.filter(version=version)
    if not found.exists():
        return False
    found.delete()
    record(
        "recording.forgotten",
        version.message,
        by=by.pk,
        district=version.message.district_id,
        version=version.pk,
    )
    return True


def keep_spoken(entry: Entry, *, carrier: str, audio: str, seconds: int) -> None:
    """Remember where the carrier keeps a family's voice, and fetch it."""
    spoken = Spoken.objects.create(
        entry=entry, carrier=carrier, audio=audio[:200], seconds=max(0, min(seconds, 86_400))
    )
    jobs.enqueue("messaging.fetch_spoken", spoken_id=spoken.pk)


def fetch_spoken(spoken_id: int) -> None:
    """Bring a family's voice home. Raises where it is not to be had yet: the job is tried again."""
    spoken = Spoken.objects.filter(pk=spoken_id, fetched_at=None).first()
    if spoken is None:
        return
    carrier = with_words(spoken.carrier)
    if not isinstance(carrier, Listens):
        raise LookupError(f"{spoken.carrier} keeps no recordings.")
    sound = asyncio.run(carrier.fetch(spoken.audio))
    spoken.data, spoken.content_type = sound.data, sound.content_type
    spoken.fetched_at = clock.now()
    spoken.save(update_fields=["data", "content_type", "fetched_at"])
