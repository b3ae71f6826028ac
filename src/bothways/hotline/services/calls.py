"""Lead a caller of the hotline through the menu: each step is one request of the carrier, without memory.

What a caller may hear
    A caller's number can be forged with a few clicks, and the one who would do so is somebody who looks for a
    child. So a number alone opens nothing. Only where the phone company itself vouches for it (STIR/SHAKEN with
    full attestation, told by the carrier) and where it is a contact point of a guardian with standing, the
    children are offered, by given name and no more. Everybody else types the number on the class list and hears
    that class's work: no child, no record, nothing about who asks. A barred parent has no standing and hears
    what any stranger hears.

What the state is
    It travels in the addresses that we give the carrier, signed by us: the carrier's signature only proves who
    calls the hook. Whether a child may be heard of is asked again at every step.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing

from bothways.accounts.models import User
from bothways.channels.contract import Event
from bothways.channels.enums import Channel, EventKind
from bothways.channels.letters.dates import long_date
from bothways.channels.services import store
from bothways.core import clock, jobs
from bothways.hotline import menus
from bothways.hotline.menus import Told
from bothways.hotline.models import PhonePin
from bothways.hotline.queries import (
    Home,
    homes_at,
    languages_of_families,
    section_with,
    sections_of,
    sections_of_children,
    staff_at,
    work_of,
)
from bothways.hotline.services import pins
from bothways.hotline.services.posting import Unusable, codes, speak
from bothways.hotline.wording import told as told_of
from bothways.languages.phrases import phrase
from bothways.messaging.queries import writer_at
from bothways.people.enums import PointKind
from bothways.people.models import Student
from bothways.schools.models import District, Section

CARRIER = "twilio_voice"
PATH = "/hooks/twilio_voice/in"
MOST_TRIES = 3
# Twilio, "Trusted Calling with SHAKEN/STIR": A says that the caller may use this number.
_VOUCHED = "TN-Validation-Passed-A"
_SALT = "bothways.hotline.call"
_LASTS = 3600  # seconds of one call
_MOST_STATE = 2000

State = dict[str, object]


def answer(step: str, told: Mapping[str, str], given: str) -> str | None:
    """TwiML for this step of a call; None for a step or a state that is none of ours.

    ``told``: the form as the carrier posts it, already proven to be the carrier's; ``given``: our signed state.
    """
    call = told.get("CallSid", "")
    if not call:
        return None
    if step == "":
        return _Call(told, {"vouched": told.get("StirVerstat", "") == _VOUCHED}).begins()
    state = _read(given, call)
    steps = {
        "language": _Call.language,
        "whose": _Call.whose,
        "child": _Call.child,
        "class": _Call.class_code,
        "after": _Call.after,
        "spoken": _Call.spoken,
        "pin": _Call.pin,
        "section": _Call.section,
        "posted": _Call.posted,
    }
    if state is None or step not in steps:
        return None
    return steps[step](_Call(told, state))


def _read(given: str, call: str) -> State | None:
    if len(given) > _MOST_STATE:
        return None
    try:
        state = signing.loads(given, salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return None
    return state if isinstance(state, dict) and state.get("call") == call else None


class _Call:
    """One step of a call."""

    def __init__(self, told: Mapping[str, str], state: State) -> None:
        self.told = told
        self.number = told.get("From", "")
        self.keys = told.get("Digits", "").strip()
        self.state = state
        self.tag = str(state.get("lang", "en"))

    def act(self, step: str, **more: object) -> str:
        """Our address for a step, with what is known so far and what is new."""
        kept = {"call": self.told["CallSid"], **self.state, **more}
        signed = signing.dumps(kept, salt=_SALT, compress=True)
        return f"{settings.PUBLIC_URL}{PATH}/{step}?{urlencode({'s': signed})}"

    def begins(self) -> str:
        return menus.languages(_school(), self._languages(), self.act)

    def _languages(self) -> list[str]:
        """The known caller's first, then the district's, then by how many families speak them."""
        own = [tag for home in self._homes() for tag in home.languages]
        default = list(
            District.objects.order_by("pk").values_list("default_language", flat=True)[:1]
        )
        return menus.speakable([*own, *default, *languages_of_families()]) or ["en"]

    def _homes(self) -> list[Home]:
        """The families of the caller, where the phone company vouches for the number."""
        if self.state.get("vouched") is not True or not self.number.startswith("+"):
            return []
        return homes_at(self.number, at=clock.now())

    def _children(self) -> list[Student]:
        found = {child.pk: child for home in self._homes() for child in home.children}
        return sorted(found.values(), key=lambda child: (child.called, child.pk))[: menus.MOST_KEYS]

    def language(self) -> str:
        if self.keys == menus.STAFF:
            return self._staff_begins()
        tags = self._languages()[: menus.MOST_KEYS]
        n = _number(self.keys)
        if not 1 <= n <= len(tags):
            return self.begins()
        self.state["lang"] = self.tag = tags[n - 1]
        return self.whose()

    def whose(self) -> str:
        found = self._children()
        if len(found) == 1:
            return self._work_of_child(found[0])
        if found:
            return menus.children(self.tag, [child.called for child in found], self.act)
        return menus.code(self.tag, self.act)

    def child(self) -> str:
        found = self._children()
        n = _number(self.keys)
        if not 1 <= n <= len(found):
            return self.whose()
        return self._work_of_child(found[n - 1])

    def _work_of_child(self, child: Student) -> str:
        sections = sections_of_children([child])[child.pk]
        return self._tell(sections, child=child.pk)

    def class_code(self) -> str:
        section = section_with(self.keys)
        if section is not None:
            return self._tell([section], code=self.keys)
        tries = int(str(self.state.get("tries", 0))) + 1
        if tries >= MOST_TRIES:
            return menus.ends(self.tag)
        return menus.code(self.tag, self.act, tries=tries)

    def _tell(self, sections: Sequence[Section], **state: object) -> str:
        if not sections:
            return menus.code(self.tag, self.act)
        known = codes(sections)
        today = clock.today(sections[0].district.timezone)
        heard: list[Told] = []
        for one in work_of(sections, today=today):
            posting = one.posting
            if posting is None:
                continue
            found = told_of(posting, self.tag)
            code = known[one.section.pk]
            heard.append(
                Told(
                    title=one.section.title,
                    day=long_date(self.tag, one.day),
                    words=found[1] if found else "",
                    language=found[0] if found else "",
                    due=phrase(self.tag, "hw_due", day=long_date(self.tag, posting.due))
                    if posting.due
                    else "",
                    sound=f"{settings.PUBLIC_URL}/hw/{code}/{posting.pk}/sound"
                    if posting.sound
                    else "",
                )
            )
        return menus.work(
            self.tag,
            heard,
            [section.title for section in sections],
            self.act,
            may_speak=self._may_speak(),
            **state,
        )

    def _may_speak(self) -> bool:
        """Words are taken where somebody is sure to read them: from one family that we know."""
        return len(self._homes()) == 1 and bool(writer_at(PointKind.PHONE.value, self.number))

    def after(self) -> str:
        if self.keys == menus.WORD and self._may_speak():
            return menus.listens(self.tag, self.act)
        if self.keys == menus.OTHER:
            for name in ("child", "code"):
                self.state.pop(name, None)
            return self.whose() if len(self._children()) > 1 else menus.code(self.tag, self.act)
        if self.keys == menus.AGAIN:
            return self._again()
        return menus.ends(self.tag)

    def _again(self) -> str:
        child = next((c for c in self._children() if c.pk == self.state.get("child")), None)
        if child is not None:
            return self._work_of_child(child)
        section = section_with(str(self.state.get("code", "")))
        return self._tell([section], code=self.state["code"]) if section else self.whose()

    def spoken(self) -> str:
        audio, seconds = _recording(self.told)
        if not audio or not self._may_speak():
            return menus.ends(self.tag)
        store(
            CARRIER,
            [
                Event(
                    kind=EventKind.INBOUND,
                    dedupe=audio,
                    carrier_id=self.told["CallSid"],
                    from_=self.number,
                    to=self.told.get("To", ""),
                    channel=Channel.VOICE.value,
                    audio=audio,
                    seconds=seconds,
                )
            ],
        )
        jobs.enqueue("messaging.apply", once="messaging-apply")
        return menus.ends(self.tag, "voice_kept", school=_school())

    # Teachers

    def _teacher(self) -> User | None:
        """Who chose a PIN and has this number; the PIN is the proof, the number only says whose."""
        user = staff_at(self.number)
        return user if user and PhonePin.objects.filter(user=user).exists() else None

    def _staff_begins(self) -> str:
        # Said alike whether the number is a teacher's or nobody's.
        return menus.pin(self.act)

    def pin(self) -> str:
        user = self._teacher()
        if user is None or not pins.fits(user, self.keys):
            tries = int(str(self.state.get("tries", 0))) + 1
            self.state["tries"] = tries
            return menus.pin(self.act, wrong=True) if tries < MOST_TRIES else menus.staff_ends("")
        self.state["teacher"] = user.pk
        sections = sections_of(user)
        if not sections:
            return menus.staff_ends("You teach no class here.")
        if len(sections) == 1:
            self.state["section"] = sections[0].pk
            return menus.teacher_speaks(sections[0].title, self.act)
        return menus.classes([one.title for one in sections], self.act)

    def _taught(self) -> tuple[User | None, list[Section]]:
        user = self._teacher()
        if user is None or user.pk != self.state.get("teacher"):
            return None, []
        return user, sections_of(user)

    def section(self) -> str:
        user, sections = self._taught()
        if user is None:
            return menus.staff_ends("")
        n = _number(self.keys)
        if not 1 <= n <= len(sections):
            return menus.classes([one.title for one in sections], self.act)
        self.state["section"] = sections[n - 1].pk
        return menus.teacher_speaks(sections[n - 1].title, self.act)

    def posted(self) -> str:
        user, sections = self._taught()
        chosen = next((one for one in sections if one.pk == self.state.get("section")), None)
        audio, seconds = _recording(self.told)
        if user is None or chosen is None or not audio:
            return menus.staff_ends("Nothing was recorded.")
        try:
            speak(
                section=chosen,
                by=user,
                carrier=CARRIER,
                audio=audio,
                seconds=seconds,
                language=chosen.district.default_language,
            )
        except Unusable as error:
            return menus.staff_ends(str(error))
        return menus.staff_ends(f"Posted for {chosen.title}.")


def _school() -> str:
    """Whose line this is: the district's, where there is one."""
    names = list(District.objects.order_by("pk").values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def _number(keys: str) -> int:
    return int(keys) if keys.isascii() and keys.isdecimal() and len(keys) <= 3 else 0


def _recording(told: Mapping[str, str]) -> tuple[str, int]:
    """(the carrier's name for it, seconds); ("", 0) for nothing said."""
    audio, length = told.get("RecordingSid", ""), told.get("RecordingDuration", "")
    seconds = int(length) if length.isascii() and length.isdecimal() and len(length) < 8 else 0
    good = audio.startswith("RE") and audio.isascii() and audio.isalnum() and len(audio) == 34
    return (audio, seconds) if good and seconds > 0 else ("", 0)
