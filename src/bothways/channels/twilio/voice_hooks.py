"""What Twilio asks and tells in the course of a call.

At ``path``/call/KEY it asks for the words, at /key/KEY it brings the key that was pressed, at /recorded/KEY
what was spoken, at /status/KEY how the call ended; at /answer/KEY/AT the keys that answer a question, at
/change/KEY/AT the wish to answer it anew. Only what we gave out counts as heard.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from bothways.channels.contract import Event, HookRequest, HookResponse
from bothways.channels.enums import MACHINE, Button, Channel, EventKind, ReceiptState
from bothways.channels.twilio import twiml, voice_answers, voice_script
from bothways.channels.twilio.hooks import MOST_BYTES
from bothways.channels.twilio.signature import genuine
from bothways.channels.twilio.voice_answers import At
from bothways.channels.twilio.voice_record import FAX, state_of_call
from bothways.channels.twilio.voice_script import Script

_MOST_FIELDS = 200
_RECORDING = re.compile(r"RE[0-9a-f]{32}", re.IGNORECASE | re.ASCII)

Told = Mapping[str, str]
Find = Callable[[str], Script | None]
Here = Callable[[str, str], str]  # our address for a step of the call with this key


def handle(request: HookRequest, *, token: str, path: str, here: Here, find: Find) -> HookResponse:
    """The next words of a call, and what the family did; 403 for a forgery."""
    place = re.fullmatch(
        re.escape(path.rstrip("/")) + r"/(?P<step>call|key|recorded|status|answer|change)"
        r"/(?P<key>[^/]+)(?:/(?P<at>[0-9-]{1,8}))?/?",
        urlsplit(request.url).path,
    )
    at = voice_answers.at(place["at"] or "") if place else None
    if place is None or at is None:
        return HookResponse(status=404)
    if request.method.upper() != "POST":
        return HookResponse(status=405)
    if len(request.body) > MOST_BYTES:
        return HookResponse(status=400, body="too large")
    try:
        fields = parse_qsl(
            request.body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return HookResponse(status=400, body="not a form in UTF-8")
    if not genuine(request.headers.get("x-twilio-signature", ""), token, request.url, fields):
        return HookResponse(status=403, body="wrong signature")
    told, key = dict(fields), unquote(place["key"])
    if not told.get("CallSid"):
        return HookResponse(status=400, body="no call")
    if place["step"] == "status":
        return _status(key, told)
    script = find(key)
    if script is None:
        # The message was deleted meanwhile: silence is better than Twilio's own words about an error.
        return _speak(twiml.response(twiml.hang_up()))
    steps = _steps(key, here)
    match place["step"]:
        case "call":
            return _answered(key, told, script, steps)
        case "key":
            return _pressed(key, told, script, steps, at)
        case "answer":
            return _answer(key, told, script, steps, at)
        case "change":
            return _change(told, script, steps, at)
        case _:
            return _recorded(key, told, script)


def _steps(key: str, here: Here) -> voice_script.Here:
    """Our addresses within this call."""

    def step(name: str, at: At) -> str:
        address = here(name, key)
        return address if at == At() and name in ("key", "recorded") else f"{address}/{at}"

    return step


def _speak(words: str, *events: Event) -> HookResponse:
    return HookResponse(200, words, content_type=twiml.CONTENT_TYPE, events=events)


def _answered(key: str, told: Told, script: Script, steps: voice_script.Here) -> HookResponse:
    """Somebody, or something, took the call and gets the words now."""
    by = told.get("AnsweredBy", "").lower()
    if by == "fax":
        receipt = _receipt(key, told, ReceiptState.UNDELIVERED, "fax", code=FAX)
        return _speak(twiml.response(twiml.hang_up()), receipt)
    # A person who is taken for a machine hears the message, too; one of whom nothing is known gets the keys.
    machine = by.startswith("machine")
    words = script.to_machine() if machine else script.to_person(steps, At())
    heard_by = "machine" if machine else "person"
    # Left on a machine it arrived, and nobody need have heard it: the call may be made again at another hour.
    code = MACHINE if machine else ""
    return _speak(
        words, _receipt(key, told, ReceiptState.DELIVERED, f"words:{heard_by}", code=code)
    )


def _pressed(
    key: str, told: Told, script: Script, steps: voice_script.Here, at: At
) -> HookResponse:
    pressed = told.get("Digits", "")
    match pressed:
        case voice_script.HEARD:
            return _speak(script.ends("voice_heard"), _gesture(key, told, Button.HEARD))
        case voice_script.AGAIN:
            return _speak(
                script.to_person(steps, at)
                if at.turn < voice_answers.MOST_TURNS
                else script.menu(steps, at)
            )
        case voice_script.CALL_ME:
            return _speak(script.ends("voice_will_call"), _gesture(key, told, Button.CALL_ME))
        case voice_script.SPEAK:
            return _speak(script.listens(steps("recorded", At())))
        case voice_script.STOP:
            return _speak(script.ends("voice_stopped"), _stop(key, told))
        case _:
            return _speak(script.only_keys(steps("key", at)))


def _answer(key: str, told: Told, script: Script, steps: voice_script.Here, at: At) -> HookResponse:
    """Keys in answer to a question: what was understood is said, and the next question."""
    if at.question >= len(script.asks):
        # Closed, or taken back, since they heard it.
        return _speak(script.closed(steps, at) if script.delivery.over else script.menu(steps, at))
    pressed = told.get("Digits", "")
    if voice_answers.STAR in pressed or at.turn >= voice_answers.MOST_TURNS:
        return _speak(script.menu(steps, at))
    digits = voice_answers.answered(pressed, script.asks[at.question])
    if digits is None:
        if at.again:
            return _speak(script.menu(steps, at))
        return _speak(script.asks_again(steps, At(at.question, at.turn, again=True)))
    kept = Event(
        kind=EventKind.INBOUND,
        # Without the answer: of an anonymous one no more than this line stays.
        dedupe=f"{told['CallSid']}:answer:{at.question}-{at.turn}",
        key=key,
        carrier_id=told["CallSid"],
        from_=told.get("To", ""),
        to=told.get("From", ""),
        channel=Channel.VOICE.value,
        body=digits,
        question=at.question,
    )
    return _speak(script.understood(steps, at, digits), kept)


def _change(told: Told, script: Script, steps: voice_script.Here, at: At) -> HookResponse:
    """The star after an answer asks the same question anew; any other key goes on."""
    if at.question >= len(script.asks):
        return _speak(script.menu(steps, at))
    if told.get("Digits") == voice_answers.STAR:
        return _speak(script.asks_again(steps, at))
    return _speak(script.goes_on(steps, at))


def _recorded(key: str, told: Told, script: Script) -> HookResponse:
    recording, length = told.get("RecordingSid", ""), told.get("RecordingDuration", "")
    seconds = int(length) if length.isascii() and length.isdecimal() and len(length) < 8 else 0
    if not _RECORDING.fullmatch(recording) or seconds < 1:
        # A key was pressed and nothing said: they have heard it.
        return _speak(script.ends("voice_goodbye"), _gesture(key, told, Button.HEARD))
    spoken = Event(
        kind=EventKind.INBOUND,
        dedupe=recording,
        key=key,
        carrier_id=told["CallSid"],
        from_=told.get("To", ""),
        to=told.get("From", ""),
        channel=Channel.VOICE.value,
        audio=recording,
        seconds=seconds,
    )
    return _speak(script.ends("voice_kept"), spoken)


def _status(key: str, told: Told) -> HookResponse:
    status = told.get("CallStatus", "").lower()
    state, code = state_of_call(status)
    if state is None:
        return HookResponse(status=200)  # a word that is newer than we are
    return HookResponse(200, events=(_receipt(key, told, state, status, code=code),))


def _receipt(key: str, told: Told, state: ReceiptState, what: str, *, code: str = "") -> Event:
    return Event(
        kind=EventKind.RECEIPT,
        dedupe=f"{told['CallSid']}:{what}",
        key=key,
        carrier_id=told["CallSid"],
        state=state,
        code=code,
        to=told.get("To", ""),
    )


def _gesture(key: str, told: Told, button: Button) -> Event:
    return Event(
        kind=EventKind.GESTURE,
        dedupe=f"{told['CallSid']}:{button.value}",
        key=key,
        carrier_id=told["CallSid"],
        from_=told.get("To", ""),
        to=told.get("From", ""),
        button=button.value,
        channel=Channel.VOICE.value,
    )


def _stop(key: str, told: Told) -> Event:
    return Event(
        kind=EventKind.INBOUND,
        dedupe=f"{told['CallSid']}:stop",
        key=key,
        carrier_id=told["CallSid"],
        from_=told.get("To", ""),
        to=told.get("From", ""),
        channel=Channel.VOICE.value,
        stop=True,
    )
