"""What a caller of the hotline hears: pure, from plain values to TwiML.

``act`` makes the address of a step; what people wrote is escaped by ``twiml`` and can never become a verb.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bothways.channels.twilio import twiml
from bothways.channels.twilio.twiml import Voice
from bothways.channels.twilio.voices import voice_for
from bothways.languages.phrases import phrase, written_in

AGAIN, WORD, OTHER, STAFF = "1", "2", "3", "0"
MOST_KEYS = 9
_TIME_TO_PRESS = 6
_TIME_TO_TYPE = 10
_MOST_SECONDS = 120
_MOST_TOLD = 3000  # characters: a call has an end

Act = Callable[..., str]  # (step, **state) → our address


@dataclass(frozen=True, slots=True)
class Told:
    """The work of one class as it is heard: words in a language, or the address of a recording."""

    title: str
    day: str
    words: str = ""
    language: str = ""
    due: str = ""
    sound: str = ""


def speakable(tags: Sequence[str]) -> list[str]:
    """Of these languages, those in which a call can be led: fixed words and a voice that speaks them."""
    found: list[str] = []
    for tag in tags:
        own = written_in(tag)
        spoken = own == tag or own == tag.split("-")[0]
        if spoken and voice_for(own) is not None and own not in found:
            found.append(own)
    return found


def _voice(tag: str) -> Voice:
    found = voice_for(tag) or voice_for("en")
    assert found is not None
    return found


def _say(tag: str, key: str, **values: object) -> str:
    return twiml.say(phrase(tag, key, **values), _voice(tag))


def languages(school: str, tags: Sequence[str], act: Act) -> str:
    """Which language? Each in its own words and voice; nobody presses: the first."""
    chosen = tags[:MOST_KEYS]
    lines = [_say(tag, "hw_call_language", n=n) for n, tag in enumerate(chosen, start=1)]
    return twiml.response(
        twiml.gather(
            _say(chosen[0], "hw_call_hello", school=school),
            *(lines if len(chosen) > 1 else ()),
            action=act("language"),
            seconds=_TIME_TO_PRESS if len(chosen) > 1 else 2,
        ),
        twiml.redirect(act("whose", lang=chosen[0])),
    )


def children(tag: str, names: Sequence[str], act: Act) -> str:
    """Which child? Given names only, to a number that the phone company vouches for."""
    lines = [
        _say(tag, "hw_call_child", child=name, n=n)
        for n, name in enumerate(names[:MOST_KEYS], start=1)
    ]
    ask = twiml.gather(*lines, action=act("child", lang=tag), seconds=_TIME_TO_PRESS)
    return twiml.response(ask, ask, _say(tag, "voice_goodbye"), twiml.hang_up())


def code(tag: str, act: Act, *, tries: int = 0) -> str:
    """The number on the class list; after a wrong one, said so."""
    ask = twiml.gather(
        _say(tag, "hw_code_unknown") if tries else "",
        _say(tag, "hw_call_code"),
        action=act("class", lang=tag, tries=tries),
        seconds=_TIME_TO_TYPE,
        digits=None,
    )
    return twiml.response(ask, _say(tag, "voice_goodbye"), twiml.hang_up())


def work(
    tag: str,
    told: Sequence[Told],
    none: Sequence[str],
    act: Act,
    *,
    may_speak: bool,
    **state: object,
) -> str:
    """The work of each class that has some; of the others only that nothing is there; then the keys."""
    said: list[str] = []
    left = _MOST_TOLD
    for one in told:
        said.append(twiml.say(f"{one.title}. {one.day}.", _voice(tag)))
        if one.sound:
            said.append(twiml.play(one.sound))
        if one.words and left > 0:
            # English words never come from a Spanish mouth.
            said.append(twiml.say(one.words[:left], _voice(one.language)))
            left -= len(one.words)
        if one.due:
            said.append(twiml.say(one.due, _voice(tag)))
        said.append(twiml.pause())
    if not told:
        said.append(_say(tag, "hw_none", section=", ".join(none)))
    keys = [_say(tag, "hw_call_again")]
    if may_speak:
        keys.append(_say(tag, "hw_call_word"))
    keys.append(_say(tag, "hw_call_other"))
    after = act("after", lang=tag, **state)
    return twiml.response(
        twiml.gather(*said, *keys, action=after, seconds=_TIME_TO_PRESS),
        _say(tag, "voice_goodbye"),
        twiml.hang_up(),
    )


def listens(tag: str, act: Act) -> str:
    """The tone after which a family speaks."""
    return twiml.response(
        _say(tag, "voice_speak"),
        twiml.record(action=act("spoken", lang=tag), most_seconds=_MOST_SECONDS),
        _say(tag, "voice_goodbye"),
        twiml.hang_up(),
    )


def ends(tag: str, key: str = "voice_goodbye", **values: object) -> str:
    return twiml.response(_say(tag, key, **values), twiml.hang_up())


# What teachers hear is in English, as their pages are.
def _staff(words: str) -> str:
    return twiml.say(words, _voice("en"))


def pin(act: Act, *, wrong: bool = False) -> str:
    ask = "Type the number that you chose on the homework page, then press the pound key."
    return twiml.response(
        twiml.gather(
            _staff(f"That was not it. {ask}" if wrong else ask),
            action=act("pin"),
            seconds=_TIME_TO_TYPE,
            digits=None,
        ),
        _staff("Goodbye."),
        twiml.hang_up(),
    )


def classes(titles: Sequence[str], act: Act) -> str:
    """Which class? With more than nine, the number is ended by the pound key."""
    many = len(titles) > MOST_KEYS
    lines = [
        _staff(f"For {title}, press {n}{' and pound' if many else ''}.")
        for n, title in enumerate(titles, start=1)
    ]
    ask = twiml.gather(
        *lines, action=act("section"), seconds=_TIME_TO_TYPE, digits=None if many else 1
    )
    return twiml.response(ask, _staff("Goodbye."), twiml.hang_up())


def teacher_speaks(title: str, act: Act) -> str:
    return twiml.response(
        _staff(f"Say the homework of {title} after the tone. When you are done, press pound."),
        twiml.record(action=act("posted"), most_seconds=_MOST_SECONDS),
        _staff("Nothing was recorded. Goodbye."),
        twiml.hang_up(),
    )


def staff_ends(words: str) -> str:
    return twiml.response(_staff(f"{words} Goodbye."), twiml.hang_up())
