"""What is said in a call: pure, from one delivery to TwiML.

The fixed words come in as a mapping of language to key to sentence, like those of letters. Where the
carrier has no voice for the language, only the recording is heard: who records it says the keys, too.
"""

from collections.abc import Mapping

from bothways.channels.contract import Outgoing, Version
from bothways.channels.twilio import twiml
from bothways.channels.twilio.twiml import Voice
from bothways.channels.twilio.voices import voice_for

# {school} and {phone} are filled in.
KEYS = frozenset(
    {
        "voice_hello",
        "voice_keys",
        "voice_waits",
        "voice_call_us",
        "voice_heard",
        "voice_will_call",
        "voice_speak",
        "voice_kept",
        "voice_stopped",
        "voice_goodbye",
    }
)
HEARD, AGAIN, CALL_ME, SPEAK, STOP = "1", "2", "3", "4", "5"
FALLBACK = "en"
MOST_INLINE = 4000  # characters of TwiML that Twilio takes inside a request
MOST_SECONDS = 120  # of one message that a family leaves
_TIME_TO_PRESS = 6
# Answering machines cut off after a minute or so: what is longer is not read to them.
_MOST_FOR_A_MACHINE = 700
_PRIVATE = "personal"


def speakable(delivery: Outgoing) -> bool:
    """Whether these words can be heard in their own language."""
    version = delivery.versions[0]
    return bool(version.audio) or voice_for(version.language) is not None


class Script:
    """One call, as its family hears it. ``action``: our address for the key that is pressed."""

    def __init__(self, delivery: Outgoing, labels: Mapping[str, Mapping[str, str]]) -> None:
        self.delivery = delivery
        self._labels = labels
        self._version: Version = delivery.versions[0]
        self._voice = voice_for(self._version.language)

    def to_person(self, action: str) -> str:
        """School, message and keys; the keys once more; goodbye."""
        keys = self._say("voice_keys")
        return twiml.response(
            twiml.gather(*self._message(), keys, action=action, seconds=_TIME_TO_PRESS),
            twiml.gather(keys, action=action, seconds=_TIME_TO_PRESS) if keys else "",
            self._say("voice_goodbye"),
            twiml.hang_up(),
        )

    def to_machine(self) -> str:
        """What an answering machine keeps: a child's matter is not left where everybody hears it."""
        long = len(self._version.body) > _MOST_FOR_A_MACHINE
        return self._short(private=self.delivery.purpose == _PRIVATE or long)

    def inline(self) -> str:
        """The call of a school without a public address: nobody can hear keys, so it is told twice."""
        if self.delivery.purpose != _PRIVATE:
            words = (*self._message(), self._call_us(), twiml.pause())
            whole = twiml.response(*words, *words, twiml.hang_up())
            if len(whole) <= MOST_INLINE:
                return whole
        return self._short(private=True)

    def only_keys(self, action: str) -> str:
        """After a key that means nothing."""
        return twiml.response(
            twiml.gather(self._say("voice_keys"), action=action, seconds=_TIME_TO_PRESS),
            self._say("voice_goodbye"),
            twiml.hang_up(),
        )

    def ends(self, key: str) -> str:
        """A last sentence, one of KEYS."""
        return twiml.response(self._say(key), twiml.hang_up())

    def listens(self, action: str) -> str:
        """The tone after which a family speaks."""
        return twiml.response(
            self._say("voice_speak"),
            twiml.record(action=action, most_seconds=MOST_SECONDS),
            twiml.hang_up(),
        )

    def _short(self, *, private: bool) -> str:
        if self._voice is None:
            # There are no other words in this language than the recording.
            words: tuple[str, ...] = self._message()
        elif private:
            words = (self._say("voice_hello"), self._say("voice_waits"), self._call_us())
        else:
            words = (*self._message(), self._call_us())
        return twiml.response(*words, twiml.hang_up())

    def _message(self) -> tuple[str, ...]:
        version = self._version
        if version.audio:
            told = twiml.play(version.audio)
        else:
            told = twiml.say(version.body, self._voice) if self._voice else ""
        return self._say("voice_hello"), told, twiml.pause()

    def _call_us(self) -> str:
        return self._say("voice_call_us") if self.delivery.sender.phone else ""

    def _say(self, key: str) -> str:
        if self._voice is None:
            return ""
        words, voice = self._words(key, self._voice)
        sender = self.delivery.sender
        return twiml.say(words.format_map({"school": sender.school, "phone": sender.phone}), voice)

    def _words(self, key: str, voice: Voice) -> tuple[str, Voice]:
        """The sentence and who speaks it: English words never come from a Korean mouth."""
        parts = self._version.language.split("-")
        for end in range(len(parts), 0, -1):
            words = self._labels.get("-".join(parts[:end]), {}).get(key)
            if words:
                return words, voice
        english = voice_for(FALLBACK)
        return self._labels.get(FALLBACK, {}).get(key, ""), english or voice
