"""Mails that come in: what is an answer, a bounce, a complaint, a machine, or somebody's attack."""

import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.channels.contract import Event
from bothways.channels.enums import EventKind, ReceiptState
from bothways.channels.mail.reading import CUT, Ours, events_in
from bothways.channels.mail.words import html_as_text, new_words
from channels.mails import ALICIAN, KEY, OURS, answer, bounce, complaint

GRAND_BEND = Ours((OURS,))


def only(raw: bytes) -> Event:
    (event,) = events_in(raw, GRAND_BEND)
    return event


def body(words: str) -> str:
    return only(answer(words)).body


# --- answers ---------------------------------------------------------------------------------------


def test_answer_finds_its_delivery_by_the_address_that_it_went_to() -> None:
    event = only(answer("He did it at his grandmother's."))
    assert (event.kind, event.key, event.from_, event.body, event.channel, event.automatic) == (
        EventKind.INBOUND,
        KEY,
        ALICIAN,
        "He did it at his grandmother's.",
        "email",
        False,
    )
    assert event.at is not None
    assert event.at.isoformat() == "2021-09-13T18:30:00-05:00"


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": f"<{KEY}@grandbend.example>"},
        {"References": f"<other@x.example> <{KEY}@grandbend.example>"},
        {"Delivered_To": f"families+{KEY}@grandbend.example"},
        {"X_Original_To": f"Families+{KEY}@GrandBend.example"},
    ],
)
def test_answer_to_the_plain_address_finds_its_delivery_all_the_same(
    headers: dict[str, str],
) -> None:
    assert only(answer("Thank you", to=OURS, **headers)).key == KEY


@pytest.mark.parametrize(
    "to",
    [
        f"families+{KEY}@elsewhere.example",
        f"others+{KEY}@grandbend.example",
        f"families+{'k' * 60}@grandbend.example",
        "families+@grandbend.example",
    ],
)
def test_key_in_an_address_that_is_not_ours_says_nothing(to: str) -> None:
    event = only(answer("hello", to=to))
    assert (event.key, event.from_) == ("", ALICIAN)


SAID = "Gracias, Troy está enfermo."
QUOTED = "> Dear Ms. Brown,\n>\n> Troy turned in all of his homework."


@pytest.mark.parametrize(
    "words",
    [
        f"{SAID}\n\nOn Mon, Sep 13, 2021 at 2:00 PM Grand Bend <{OURS}> wrote:\n\n{QUOTED}",
        f"{SAID}\n\nOn Mon, Sep 13, 2021 at 2:00 PM Grand Bend Elementary School\n<{OURS}> wrote:\n\n{QUOTED}",
        f"{SAID}\n\nEl lun, 13 sept 2021 a las 14:00, Grand Bend (<{OURS}>) escribió:\n{QUOTED}",
        f"{SAID}\n\nVào Th 2, 13 thg 9, 2021 vào lúc 14:00 Grand Bend <{OURS}> đã viết:\n{QUOTED}",
        f"{SAID}\n\nفي الاثنين، 13 سبتمبر 2021 كتب Grand Bend <{OURS}>:\n{QUOTED}",
        f"{SAID}\n\nGrand Bend <{OURS}> 於 2021年9月13日 週一 下午2:00寫道：\n{QUOTED}",
        f"{SAID}\n\nLe lun. 13 sept. 2021, Grand Bend a écrit :\n{QUOTED}",
        f"{SAID}\n\nNan dat 13 sept 2021 14:00, Grand Bend te ekri:\n{QUOTED}",
        f"{SAID}\n\n{'_' * 32}\nFrom: Grand Bend <{OURS}>\nSent: Monday\nTo: Alician\n\nDear Ms. Brown,",
        f"{SAID}\n\n-----Original Message-----\nFrom: Grand Bend\nSent: Monday\n\nDear Ms. Brown,",
        f"{SAID}\n\nDe : Grand Bend <{OURS}>\nEnvoyé : lundi\nObjet : La semaine\n\nChère Madame",
        f"{QUOTED}\n\n{SAID}",
        f"On Mon, Sep 13, 2021 Grand Bend <{OURS}> wrote:\n{QUOTED}\n\n{SAID}",
        f"{SAID}\n\nSent from my iPhone",
        f"{SAID}\n\nEnviado desde mi iPhone",
        f"{SAID}\n-- \nAlician Brown\nNight shift, 555-0143",
        SAID,
    ],
)
def test_only_the_new_words_are_the_answer(words: str) -> None:
    assert body(words) == SAID


def test_answers_written_between_the_lines_are_all_kept() -> None:
    words = (
        f"On Mon, Sep 13, 2021 Grand Bend <{OURS}> wrote:\n> Does he sleep enough?\nNo, the baby cries.\n"
        "> May I call?\nYes, after 6."
    )
    assert body(words) == "No, the baby cries.\nYes, after 6."


@pytest.mark.parametrize(
    "words",
    [
        "Thanks,\nbut he has no book.",
        "Gracias,\nme puede llamar despues de las 6?",
        "My question:\n- which room?\n- what time?",
        "From: the window he saw the bus leave",
        "- Troy\n- Emily",
        "On Monday my sister wrote: he is ill",
        "Best,\nplease call me",
    ],
)
def test_words_that_only_look_like_a_signature_or_a_quotation_are_kept(words: str) -> None:
    assert body(words) == words


def test_mail_of_nothing_but_a_quotation_says_so() -> None:
    assert body(f"On Mon, Sep 13, 2021 Grand Bend <{OURS}> wrote:\n{QUOTED}") == (
        "[Nothing new was written above what is quoted.]"
    )


def test_new_mail_keeps_its_subject_and_an_answer_does_not_repeat_ours() -> None:
    assert only(answer("He has fever.", to=OURS, subject="Troy is ill")).body == (
        "Troy is ill\n\nHe has fever."
    )
    assert only(answer("He has fever.", subject="RE: A good week in math")).body == "He has fever."
    assert only(answer("", subject="STOP")).body == "STOP"


def test_page_without_plain_text_is_read_as_text() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = ALICIAN, f"families+{KEY}@grandbend.example"
    mail.set_content(
        "<html><head><style>p{color:red}</style><title>x</title></head><body><p>Yes,&nbsp;he can "
        "<b>come</b>.</p><div>After&#32;4 &lt;please&gt;</div><script>alert(1)</script>"
        f'<div class="gmail_quote">On Monday {OURS} wrote:<blockquote>Can he come?</blockquote></div>'
        "</body></html>",
        subtype="html",
    )
    assert only(mail.as_bytes(policy=SMTP)).body == "Yes, he can come.\nAfter 4 <please>"


def test_files_stay_in_the_mailbox_and_the_answer_says_so() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = ALICIAN, f"families+{KEY}@grandbend.example"
    mail["Subject"] = "Re: x"
    mail.set_content("Here is the note.")
    mail.add_attachment(b"%PDF-1.4 ...", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="b.jpg")
    event = only(mail.as_bytes(policy=SMTP))
    assert event.body == "Here is the note.\n\n[With 2 files, kept in the mailbox.]"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("utf-8", "Señora, mañana no puede ir 👍".encode()),
        ("iso-8859-1", "Señora, mañana no puede ir".encode("latin-1")),
        ("windows-1256", "شكرا".encode("cp1256")),
        ("gb2312", "谢谢老师".encode("gb2312")),
        ("utf-8", "Señora".encode("latin-1")),
        ("x-unknown-8bit", "Señora".encode()),
        ("", "Señora".encode("latin-1")),
    ],
)
def test_words_come_in_whatever_charset_they_claim(charset: str, raw: bytes) -> None:
    head = f"From: {ALICIAN}\r\nTo: families+{KEY}@grandbend.example\r\nContent-Type: text/plain"
    mail = f"{head}; charset={charset}\r\n\r\n".encode() if charset else f"{head}\r\n\r\n".encode()
    words = only(mail + raw).body
    assert words in (
        "Señora, mañana no puede ir 👍",
        "Señora, mañana no puede ir",
        "شكرا",
        "谢谢老师",
        "Señora",
    )


# --- machines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (vacation)"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"subject": "Automatic reply: A good week in math"},
        {"subject": "Respuesta automática: A good week in math"},
        {"subject": "رد تلقائي: A good week"},
        {"subject": "自动回复: A good week"},
        {"subject": "Trả lời tự động: A good week"},
        {"subject": "Réponse automatique : A good week"},
        {"subject": "Автоматический ответ: A good week"},
        {"subject": "Out of office Re: A good week"},
        {"from_": "noreply@families.example"},
    ],
)
def test_absence_note_is_kept_and_marked_as_a_machines(headers: dict[str, str]) -> None:
    event = only(answer("I am away until Thursday.", **headers))
    assert (event.kind, event.automatic, event.key) == (EventKind.INBOUND, True, KEY)


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "no"}, {"subject": "Re: automatic"}, {"Precedence": "normal"}, {}],
)
def test_person_is_no_machine(headers: dict[str, str]) -> None:
    assert only(answer("I am away until Thursday.", **headers)).automatic is False


def test_newsletters_and_our_own_mails_are_for_whoever_reads_the_mailbox() -> None:
    assert events_in(answer("Buy!", to=OURS, List_Id="<deals>"), GRAND_BEND) == []
    assert events_in(answer("a copy", from_=OURS), GRAND_BEND) == []
    assert events_in(answer("a copy", from_=f"families+{KEY}@grandbend.example"), GRAND_BEND) == []


# --- bounces and complaints --------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["5.1.1", "4.4.7", "5.7.1"])
def test_bounce_becomes_a_failure_with_its_code(code: str) -> None:
    event = only(bounce(code))
    assert (event.kind, event.key, event.state, event.code) == (
        EventKind.RECEIPT,
        KEY,
        ReceiptState.UNDELIVERED,
        code,
    )


def test_bounce_to_the_plain_address_is_known_by_the_mail_that_it_returns() -> None:
    assert only(bounce(to=OURS)).key == KEY


def test_mail_that_is_only_late_has_not_failed() -> None:
    assert only(bounce("4.4.1", action="delayed")).state is ReceiptState.ACCEPTED


def test_servers_word_that_it_arrived_is_a_delivery() -> None:
    event = only(bounce("2.1.5", action="delivered"))
    assert (event.state, event.code) == (ReceiptState.DELIVERED, "")


def test_mail_that_was_only_passed_on_is_no_delivery() -> None:
    assert only(bounce("2.1.9", action="relayed")).state is ReceiptState.ACCEPTED


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Your message could not be delivered.\n550 5.1.1 User unknown", "5.1.1"),
        ("Sorry, no mailbox here by that name. 550 no such user", "550"),
        ("I'm sorry to have to inform you that it failed.", ""),
    ],
)
def test_plain_bounce_is_known_by_the_address_it_comes_back_to(words: str, code: str) -> None:
    raw = answer(
        words,
        from_="Mail Delivery Subsystem <mailer-daemon@old.example>",
        subject="Returned mail: see transcript for details",
        Return_Path="<>",
    )
    event = only(raw)
    assert (event.kind, event.key, event.state, event.code) == (
        EventKind.RECEIPT,
        KEY,
        ReceiptState.UNDELIVERED,
        code,
    )


def test_bounce_of_a_mail_that_is_not_ours_is_for_a_person() -> None:
    raw = bounce(to=OURS).replace(KEY.encode(), b"not!ours")
    assert events_in(raw, GRAND_BEND) == []


@pytest.mark.parametrize("kind", ["abuse", "opt-out"])
def test_complaint_stops_the_address(kind: str) -> None:
    event = only(complaint(kind))
    assert (event.kind, event.stop, event.key, event.from_, event.body) == (
        EventKind.INBOUND,
        True,
        KEY,
        ALICIAN,
        "",
    )


def test_complaint_that_was_taken_back_or_is_forged_stops_nothing() -> None:
    assert events_in(complaint("not-spam"), GRAND_BEND) == []
    assert events_in(complaint().replace(KEY.encode(), b"not!ours"), GRAND_BEND) == []


# --- known again, and hostile -----------------------------------------------------------------------


def test_same_mail_by_two_ways_is_one_and_a_borrowed_id_hides_nothing() -> None:
    mail = answer("Yes")
    assert only(mail).dedupe == only(b"Received: from a\r\n" + mail).dedupe
    assert only(mail).dedupe != only(answer("No")).dedupe


def test_huge_mail_is_read_from_its_beginning_and_says_so() -> None:
    raw = answer("word " * 500_000)[:2_000_000]
    (event,) = events_in(raw, GRAND_BEND, whole=False)
    assert event.body.startswith("word word")
    assert event.body.endswith(CUT)
    assert len(event.body) < 45_000


HOSTILE = [
    b"",
    b"\x00" * 10_000,
    b"From: " + b"<" * 100_000 + b"\r\n\r\nx",
    b"Subject: " + b"=?utf-8?q?" * 5_000 + b"\r\nFrom: a@b.example\r\n\r\nx",
    b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 500,
    b"From: a@b.example\r\nContent-Type: text/plain; charset=idna\r\n\r\n" + b"xn--" * 10_000,
    b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!" + b"A" * 100_001,
    b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 50_000 + b"hello",
    b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<!--" * 50_000,
    b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<a " * 100_000,
    b"From: a@b.example\r\n\r\n" + b"On " * 100_000 + b"wrote:",
    b"From: a@b.example\r\n\r\n" + b"On x\r\n" * 50_000 + b"wrote:",
    b"From: a@b.example\r\n\r\n" + b">" * 500_000,
    b"From: a@b.example\r\nDate: Fri, 99 Sep 99999 99:99:99 +9999\r\n\r\nhello",
    b"From: a@b.example\r\nTo: " + b"families+" * 20_000 + b"\r\n\r\nx",
    b"From: =?utf-7?q?+ADw-?= <a@b.example>\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    b"From: a@b.example\r\nContent-Type: multipart/report; report-type=delivery-status\r\n\r\nx",
    b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" * 400,
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_mail_breaks_nothing_and_takes_no_time(raw: bytes) -> None:
    began = time.process_time()
    events = events_in(raw, GRAND_BEND)
    assert time.process_time() - began < 2.0
    assert all("\ud800" not in event.body for event in events)
    for event in events:
        event.body.encode()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=3_000))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    for head in (b"", b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n", bounce()[:900]):
        for event in events_in(head + raw, GRAND_BEND):
            event.body.encode()
            event.from_.encode()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=2_000))
def test_words_never_become_an_error(text: str) -> None:
    new_words(text, (OURS,))
    html_as_text(text)
