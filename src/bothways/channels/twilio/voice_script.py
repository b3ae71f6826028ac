"""What is said in a call: pure, from one delivery to TwiML.

The fixed words come in as a mapping of language to key to sentence, like those of letters. Where the
carrier has no voice for the language, only the recording is heard: who records it says the keys, too.
"""

from collections.abc import Callable, Mapping

from bothways.channels.contract import KeyQuestion, Outgoing, Version
from bothways.channels.enums import KeyKind
from bothways.channels.twilio import twiml
from bothways.channels.twilio.twiml import Voice
from bothways.channels.twilio.voice_answers import At, highest, meant
from bothways.channels.twilio.voices import voice_for

# {school} and {phone} are filled in; {words}, {n} and {m} in what is said of a question.
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
        "voice_press",
        "voice_digit",
        "voice_number",
        "voice_any_number",
        "voice_star",
        "voice_answered",
        "voice_change",
        "voice_wrong_key",
        "voice_closed",
    }
)
HEARD, AGAIN, CALL_ME, SPEAK, STOP = "1", "2", "3", "4", "5"
FALLBACK = "en"
MOST_INLINE = 4000  # characters of TwiML that Twilio takes inside a request
MOST_SECONDS = 120  # of one message that a family leaves
_TIME_TO_PRESS = 6
_TIME_TO_ANSWER = 10  # to choose an answer takes longer
_TIME_TO_CHANGE = 3
# Answering machines cut off after a minute or so: what is longer is not read to them.
_MOST_FOR_A_MACHINE = 700
_PRIVATE = "personal"


def speakable(delivery: Outgoing) -> bool:
    """Whether these words can be heard in their own language."""
    version = delivery.versions[0]
    return bool(version.audio) or voice_for(version.language) is not None


# Our address for a step of this call, and where in its questions it stands.
Here = Callable[[str, At], str]


class Script:
    """One call, as its family hears it. ``here``: our addresses for the keys that are pressed."""

    def __init__(self, delivery: Outgoing, labels: Mapping[str, Mapping[str, str]]) -> None:
        self.delivery = delivery
        self._labels = labels
        self._version: Version = delivery.versions[0]
        self._voice = voice_for(self._version.language)

    @property
    def asks(self) -> tuple[KeyQuestion, ...]:
        """What is answered by key: nothing where no voice can say which key is which."""
        return self.delivery.asks if self._voice else ()

    def to_person(self, here: Here, at: At) -> str:
        """School, message and what it asks, then the keys; the keys once more; goodbye."""
        if self.asks:
            return self._question(here, At(0, at.turn), *self._message())
        action = here("key", at)
        over = self._say("voice_closed") if self.delivery.over else ""
        keys = self._say("voice_keys")
        return twiml.response(
            twiml.gather(*self._message(), over, keys, action=action, seconds=_TIME_TO_PRESS),
            twiml.gather(keys, action=action, seconds=_TIME_TO_PRESS) if keys else "",
            self._say("voice_goodbye"),
            twiml.hang_up(),
        )

    def asks_again(self, here: Here, at: At) -> str:
        """After a key that is no answer, or to change one."""
        wrong = self._say("voice_wrong_key") if at.again else ""
        return self._question(here, at, wrong)

    def understood(self, here: Here, at: At, digits: str) -> str:
        """What was understood of the answer to the question at ``at``, and the next one or the menu."""
        question = self.asks[at.question]
        told = self._say("voice_answered", words=meant(digits, question))
        turn = At(at.question, at.turn + 1)
        if not question.final:
            told = twiml.gather(
                told,
                self._say("voice_change"),
                action=here("change", turn),
                seconds=_TIME_TO_CHANGE,
            )
        return self._goes_on(here, turn, told)

    def goes_on(self, here: Here, at: At) -> str:
        """The question after that at ``at``, or the menu."""
        return self._goes_on(here, at)

    def menu(self, here: Here, at: At, *before: str) -> str:
        """These words, the keys of the menu, twice, and goodbye."""
        return twiml.response(*before, *self._menu(here, at), twiml.hang_up())

    def closed(self, here: Here, at: At) -> str:
        """The question was closed while they listened."""
        return self.menu(here, at, self._say("voice_closed"))

    def _goes_on(self, here: Here, at: At, *before: str) -> str:
        following = At(at.question + 1, at.turn)
        if following.question < len(self.asks):
            return self._question(here, following, before=before)
        return self.menu(here, at, *before)

    def _question(self, here: Here, at: At, *first: str, before: tuple[str, ...] = ()) -> str:
        question = self.asks[at.question]
        told = (
            *first,
            twiml.say(question.words, self._voice) if self._voice else "",
            *self._answers(question),
            self._say("voice_star"),
        )
        digits = None if question.by is KeyKind.NUMBER else 1
        asked = twiml.gather(
            *told, action=here("answer", at), seconds=_TIME_TO_ANSWER, digits=digits
        )
        return twiml.response(*before, asked, *self._menu(here, at), twiml.hang_up())

    def _answers(self, question: KeyQuestion) -> tuple[str, ...]:
        """Which keys answer it."""
        if question.by is KeyKind.CHOICE:
            return tuple(
                self._say("voice_press", words=words, n=str(key))
                for key, words in enumerate(question.choices, start=question.low)
            )
        high = highest(question)
        if high is None:
            return (self._say("voice_any_number"),)
        key = "voice_digit" if question.by is KeyKind.DIGIT else "voice_number"
        return (self._say(key, n=str(question.low), m=str(high)),)

    def _menu(self, here: Here, at: At) -> tuple[str, ...]:
        keys = self._say("voice_keys")
        asked = twiml.gather(keys, action=here("key", at), seconds=_TIME_TO_PRESS)
        return asked, asked, self._say("voice_goodbye")

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

    def _say(self, key: str, **more: str) -> str:
        if self._voice is None:
            return ""
        words, voice = self._words(key, self._voice)
        sender = self.delivery.sender
        known = {"school": sender.school, "phone": sender.phone, **more}
        return twiml.say(words.format_map(known), voice)

    def _words(self, key: str, voice: Voice) -> tuple[str, Voice]:
        """The sentence and who speaks it: English words never come from a Korean mouth."""
        parts = self._version.language.split("-")
        for end in range(len(parts), 0, -1):
            words = self._labels.get("-".join(parts[:end]), {}).get(key)
            if words:
                return words, voice
        english = voice_for(FALLBACK)
        return self._labels.get(FALLBACK, {}).get(key, ""), english or voice
