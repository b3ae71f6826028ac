"""Words as families will get them, before anything is sent: the product's own renderers, on a sample family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bothways.channels.contract import Misconfigured, Outgoing, Sender, Version
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.letters.layout import Unprintable
from bothways.channels.twilio.voices import voice_for
from bothways.core.ids import show_code
from bothways.languages.phrases import phrase, raw
from bothways.messaging.carriers import with_words
from bothways.messaging.enums import MessageKind
from bothways.messaging.rendering import body_for, reply_url, sender, stop_url
from bothways.schools.models import District, School

_CODE: Final = "B" * 12


class NotShown(ValueError):
    """It cannot be shown as a letter; the text says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One version as a text, an email and a call."""

    text: str
    email_subject: str
    email: str
    spoken: tuple[str, ...]  # sentences of a call; () where no machine's voice has this language
    sender: Sender


def sample(
    tag: str, body: str, subject: str, *, district: District, school: School | None
) -> Sample:
    """These words by each way."""
    from_ = sender(district, [school] if school else [])
    link = reply_url(_CODE)
    return Sample(
        text=body_for(Channel.TEXT, MessageKind.NEWS, tag, body, school=from_.school, link=link),
        email_subject=subject or from_.school,
        email=body_for(Channel.EMAIL, MessageKind.NEWS, tag, body, school=from_.school, link=link),
        spoken=_spoken(tag, body, from_),
        sender=from_,
    )


def _spoken(tag: str, body: str, from_: Sender) -> tuple[str, ...]:
    if voice_for(tag) is None:
        return ()
    known = {"school": from_.school, "phone": from_.phone}
    frame = [
        words.format_map(known) if (words := raw(tag, key)) is not None else phrase("en", key)
        for key in ("voice_hello", "voice_keys", "voice_goodbye")
    ]
    return (frame[0], body, *frame[1:])


def outgoing_sample(
    channel: Channel,
    versions: Sequence[tuple[str, str, str]],
    *,
    to: str,
    key: str,
    district: District,
    school: School | None,
    names: tuple[str, ...] = (),
) -> Outgoing:
    """What a carrier would take; ``versions``: (language, subject, words). No delivery is behind its code."""
    from_ = sender(district, [school] if school else [])
    return Outgoing(
        key=key,
        channel=channel,
        to=to,
        versions=tuple(
            Version(
                tag,
                body_for(
                    channel,
                    MessageKind.NEWS,
                    tag,
                    body,
                    school=from_.school,
                    link=reply_url(_CODE),
                ),
                subject or from_.school,
            )
            for tag, subject, body in versions
        ),
        purpose="routine",
        sender=from_,
        names=names,
        code=show_code(_CODE),
        reply_url=reply_url(_CODE),
        stop_url=stop_url(_CODE),
    )


def letter_pages(
    tag: str,
    body: str,
    subject: str,
    *,
    district: District,
    school: School | None,
    names: tuple[str, ...],
    address: str,
) -> list[bytes]:
    """The pages of this letter as PNG pictures. Raises NotShown."""
    delivery = outgoing_sample(
        Channel.LETTER,
        [(tag, subject, body)],
        to=address,
        key="0" * 32,
        district=district,
        school=school,
        names=names,
    )
    try:
        press = with_words(LettersCarrier.name, district)
        assert isinstance(press, LettersCarrier)
        return press.letter_preview(delivery)
    except (Misconfigured, Unprintable) as error:
        raise NotShown(str(error)) from error
