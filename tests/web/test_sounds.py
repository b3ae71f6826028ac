"""Voices: staff listen to families, families hear staff, and nobody else hears either."""

import struct

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bothways.audit.models import Entry as Record
from bothways.channels.services import configure
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.lengths import seconds_of
from bothways.messaging.models import Entry, Recording, Spoken, Version
from bothways.messaging.sounds import recording_url
from people import Cast
from web.happenings import says, to, write
from web.visiting import Visit

MP3 = b"ID3\x04\x00 a voice"


def voice_message(cast: Cast, *, fetched: bool = True) -> Entry:
    """Alician left eleven seconds about Troy."""
    message = write(cast, cast.mrs_c, Audience(students=(cast.troy.sis_id or "",)), cast.troy)
    entry = says(to(message, cast.troys_home), "x")
    Entry.objects.filter(pk=entry.pk).update(body="", meaning="spoken", channel="voice")
    Spoken.objects.create(
        entry=entry,
        carrier="twilio_voice",
        audio="RE1",
        seconds=11,
        data=MP3 if fetched else None,
        content_type="audio/mpeg" if fetched else "",
        fetched_at=clock.now() if fetched else None,
    )
    return entry


def listen(entry: Entry) -> str:
    return reverse("voice", kwargs={"pk": entry.conversation_id, "entry": entry.pk})


def test_whoever_owes_the_answer_can_listen_and_that_is_on_the_record(
    everybody: Cast, visit: Visit
) -> None:
    entry = voice_message(everybody)
    browser = visit(everybody.mrs_c)
    page = browser.get(reverse("conversation", kwargs={"pk": entry.conversation_id}))
    assert listen(entry) in page.content.decode()
    assert "A voice message of 11 seconds" in page.content.decode()
    assert "A call of your own is the best answer" in page.content.decode()
    answer = browser.get(listen(entry))
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (
        200,
        MP3,
        "audio/mpeg",
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert Record.objects.filter(event="voice.heard", user_id=everybody.mrs_c.pk).count() == 1


def test_voice_that_is_still_on_its_way_says_so(everybody: Cast, visit: Visit) -> None:
    entry = voice_message(everybody, fetched=False)
    browser = visit(everybody.mrs_c)
    page = browser.get(reverse("conversation", kwargs={"pk": entry.conversation_id}))
    assert "on its way" in page.content.decode()
    assert listen(entry) not in page.content.decode()
    assert browser.get(listen(entry)).status_code == 404


def test_protected_voice_is_heard_only_by_those_who_may_read_it(
    everybody: Cast, visit: Visit
) -> None:
    entry = voice_message(everybody)
    Entry.objects.filter(pk=entry.pk).update(word_class="protected")
    assert visit(everybody.mrs_c).get(listen(entry)).status_code == 404
    assert visit(everybody.counselor).get(listen(entry)).status_code == 200


def test_voice_of_another_talk_is_not_found_by_its_number(everybody: Cast, visit: Visit) -> None:
    entry = voice_message(everybody)
    other = says(to(write(everybody, everybody.mrs_c), everybody.emilys_home), "Hello")
    path = reverse("voice", kwargs={"pk": other.conversation_id, "entry": entry.pk})
    assert visit(everybody.mrs_c).get(path).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("", 200, MP3),
        ("bytes=0-2", 206, b"ID3"),
        ("bytes=3-", 206, MP3[3:]),
        ("bytes=0-99999", 206, MP3),
        ("bytes=99999-", 416, b""),
        ("bytes=5-2", 416, b""),
        ("bytes=-5", 200, MP3),
        ("items=0-2", 200, MP3),
        ("bytes=0-1,4-5", 200, MP3),
    ],
)
def test_players_may_ask_for_parts(
    everybody: Cast, visit: Visit, wanted: str, status: int, part: bytes
) -> None:
    entry = voice_message(everybody)
    answer = visit(everybody.mrs_c).get(listen(entry), headers={"range": wanted} if wanted else {})
    assert (answer.status_code, answer.content) == (status, part)


def spanish(cast: Cast) -> Version:
    message = write(cast, cast.mrs_c, Audience(sections=(cast.room_12.sis_id,)))
    return Version.objects.get(message=message, language="es")


def test_teacher_reads_the_words_aloud_and_the_carrier_hears_them(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    browser = visit(everybody.mrs_c)
    path = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    assert version.body in browser.get(path).content.decode()
    kept = browser.post(path, {"file": SimpleUploadedFile("troy.mp3", MP3)})
    assert (kept.status_code, kept.headers["Location"]) == (302, path)
    heard = visit(None).get("/recordings/" + recording_url(version.pk).rpartition("/")[2])
    assert (heard.status_code, heard.content) == (200, MP3)
    assert (
        reverse("recording", kwargs={"pk": version.message_id, "version": version.pk})
        in browser.get(path).content.decode()
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<script>alert(1)</script>", "no MP3 or WAV"),
        (b"", "empty"),
        (b"ID3" + b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_file_that_cannot_be_played_is_told_kindly_and_not_kept(
    everybody: Cast, visit: Visit, content: bytes, words: str
) -> None:
    version = spanish(everybody)
    path = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    answer = visit(everybody.mrs_c).post(path, {"file": SimpleUploadedFile("a.mp3", content)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Recording.objects.count() == 0


def test_words_of_one_message_are_not_reached_through_another(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    other = write(everybody, everybody.mrs_c)
    path = reverse("read_aloud", kwargs={"pk": other.pk, "version": version.pk})
    assert visit(everybody.mrs_c).get(path).status_code == 404


def test_sent_page_offers_reading_aloud_and_says_who_hears_it(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    page = reverse("sent_message", kwargs={"pk": version.message_id})
    aloud = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    before = visit(everybody.mrs_c).get(page).content.decode()
    assert aloud in before
    assert "for those who are called" not in before
    configure("twilio_voice", {"account_sid": "AC1", "auth_token": "t", "from_number": "+1512"})
    assert "for those who are called" in visit(everybody.mrs_c).get(page).content.decode()


def wav(seconds: float, rate: int = 8000) -> bytes:
    """Silence as a browser would send it."""
    data = bytes(int(seconds * rate) * 2)
    head = struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return head + form + struct.pack("<4sI", b"data", len(data)) + data


def mp3(frames: int) -> bytes:
    """Frames of MPEG 1 layer III, 128 kbit/s at 44,100 Hz: 1,152 samples and 417 bytes each."""
    return b"\xff\xfb\x90\x00".ljust(417, b"\x00") * frames


@pytest.mark.parametrize(
    ("data", "kind", "seconds"),
    [
        (wav(2.0), "audio/wav", 2),
        (wav(2.2, rate=16000), "audio/wav", 3),
        (wav(0), "audio/wav", None),
        (wav(2)[:-16000], "audio/wav", 1),  # cut off while it was sent
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav", None),
        (mp3(100), "audio/mpeg", 3),  # 2.61 s
        (b"ID3\x04\x00\x00\x00\x00\x00\x05hello" + mp3(100), "audio/mpeg", 3),
        (mp3(100) + b"TAG" + bytes(125), "audio/mpeg", 3),
        (mp3(1), "audio/mpeg", None),
        (b"\xff" * 1000, "audio/mpeg", None),
        (b"\xff\xfb", "audio/mpeg", None),
    ],
)
def test_a_recording_tells_how_long_it_lasts(data: bytes, kind: str, seconds: int | None) -> None:
    assert seconds_of(data, kind) == seconds


@given(st.binary(max_size=3000), st.sampled_from(["audio/wav", "audio/mpeg"]))
def test_no_file_breaks_the_count(data: bytes, kind: str) -> None:
    found = seconds_of(data, kind)
    assert found is None or found >= 1


def test_whose_voice_it_is_stands_beside_it_and_it_can_be_deleted(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    browser = visit(everybody.mrs_c)
    path = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    browser.post(path, {"file": SimpleUploadedFile("a.wav", wav(2)), "voice": "Elena Núñez"})
    kept = Recording.objects.get()
    assert (kept.seconds, kept.voice, kept.by) == (2, "Elena Núñez", everybody.mrs_c)
    page = browser.get(path).content.decode()
    assert "Elena Núñez" in page
    assert "Clara Staff" in page
    forget = reverse("forget_recording", kwargs={"pk": version.message_id, "version": version.pk})
    assert visit(everybody.teacher_elsewhere).post(forget).status_code == 404
    assert browser.post(forget).status_code == 302
    assert browser.post(forget).status_code == 302  # twice is once
    assert Recording.objects.count() == 0
    assert Record.objects.filter(event="recording.forgotten").count() == 1


def test_a_recording_that_nobody_would_hear_to_its_end_is_not_kept(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    path = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    file = SimpleUploadedFile("a.wav", wav(241, rate=8000))
    answer = visit(everybody.mrs_c).post(path, {"file": file})
    assert answer.status_code == 422
    assert "longer than four minutes" in answer.content.decode()


def test_only_the_page_for_reading_aloud_may_ask_for_the_microphone(
    everybody: Cast, visit: Visit
) -> None:
    version = spanish(everybody)
    browser = visit(everybody.mrs_c)
    path = reverse("read_aloud", kwargs={"pk": version.message_id, "version": version.pk})
    policy = "Permissions-Policy"
    assert "microphone=(self)" in browser.get(path).headers[policy]
    assert "microphone=()" in browser.get(reverse("sent")).headers[policy]
