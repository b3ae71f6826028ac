"""Twilio's markup for calls, written: pure functions from plain values to escaped XML.

Source: Twilio, "TwiML for Programmable Voice". What people wrote can never become a verb.
"""

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

CONTENT_TYPE = "text/xml; charset=utf-8"
# XML 1.0 knows none of these, and Twilio hangs up on a document that holds one.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Marks that keep the order of writing right are nothing to a voice; some voices name them.
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the carrier's voices. ``name`` and ``locale`` must belong together."""

    name: str  # as in <Say voice="…">
    locale: str  # as in <Say language="…">


def response(*verbs: str) -> str:
    """The whole document."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'


def say(words: str, voice: Voice) -> str:
    """These words in this voice; nothing for no words."""
    told = _text(words)
    if not told:
        return ""
    return f"<Say{_attributes(voice=voice.name, language=voice.locale)}>{told}</Say>"


def play(address: str) -> str:
    """A recording at a web address."""
    return f"<Play>{_text(address)}</Play>"


def redirect(address: str) -> str:
    """Go on with what this address answers."""
    return f"<Redirect{_attributes(method='POST')}>{_text(address)}</Redirect>"


def pause(seconds: int = 1) -> str:
    return f"<Pause{_attributes(length=str(seconds))}/>"


def gather(*verbs: str, action: str, seconds: int, digits: int | None = 1) -> str:
    """Speak these, and post the one key that is pressed meanwhile or within ``seconds`` after.

    ``digits``: how many keys; None: as many as come before the pound key. Where none is pressed, the document
    goes on behind it.
    """
    number = {"numDigits": str(digits)} if digits else {"finishOnKey": "#"}
    told = _attributes(input="dtmf", **number, timeout=str(seconds), action=action, method="POST")
    return f"<Gather{told}>{''.join(verbs)}</Gather>"


def record(*, action: str, most_seconds: int) -> str:
    """Listen after a tone, to the pound key, five quiet seconds or the end of the call."""
    told = _attributes(
        action=action,
        method="POST",
        maxLength=str(most_seconds),
        timeout="5",
        finishOnKey="#",
        playBeep="true",
        trim="trim-silence",
    )
    return f"<Record{told}/>"


def hang_up() -> str:
    return "<Hangup/>"


def _text(words: str) -> str:
    return escape(_MARKS.sub("", _NOT_XML.sub("", words))).strip()


def _attributes(**values: str) -> str:
    return "".join(f" {name}={quoteattr(_NOT_XML.sub('', v))}" for name, v in values.items())
