import asyncio
import smtplib
from email.message import EmailMessage

import pytest

from bothways.sandbox.mail import key_of_sender, reply_link
from sandbox.school import mail

MRS_C = "mrs.c@families.example"


async def deliver(driver, message: EmailMessage, sender: str = "office@school.example") -> None:
    def work() -> None:
        with smtplib.SMTP("127.0.0.1", driver.running.smtp_port, timeout=10) as smtp:
            smtp.send_message(message, from_addr=sender)

    await asyncio.to_thread(work)


async def test_a_mail_is_on_the_record_with_its_key_and_words(sandbox):
    driver = await sandbox()
    await driver.control(
        "residents",
        [{"address": MRS_C.title(), "channel": "email", "column": "email", "who": ["gu-c"]}],
    )
    await deliver(driver, mail(MRS_C, "Bring a coat — it is cold.\n", key="k-coat"))
    assert driver.lines("contacts") == [
        {
            "at": "2021-09-13T08:00:00-05:00",
            "channel": "email",
            "to": MRS_C,
            "who": "gu-c",
            "ref": "k-coat",
            "purpose": "routine",
            "outcome": "delivered",
            "body": "Bring a coat — it is cold.",
        }
    ]


async def test_a_bouncing_mailbox_refuses_at_the_door(sandbox):
    driver = await sandbox(kinds={"email": {"bounced": 1.0}})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await deliver(driver, mail(MRS_C, "Hello"), sender="bounce+k-17@school.example")
    code, words = refused.value.recipients[MRS_C]
    assert (code, words.startswith(b"5.1.1")) == (550, True)
    assert [(c["outcome"], c["ref"]) for c in driver.lines("contacts")] == [("bounced", "k-17")]


async def test_one_bad_mailbox_does_not_keep_the_mail_from_the_others(sandbox):
    driver = await sandbox(people={"gone@families.example": {"email": {"bounced": 1.0}}})
    message = mail(MRS_C, "Hello")
    message["Cc"] = "gone@families.example"
    await deliver(driver, message)
    assert sorted((c["to"], c["outcome"]) for c in driver.lines("contacts")) == [
        ("gone@families.example", "bounced"),
        (MRS_C, "delivered"),
    ]


async def test_a_teachers_mailbox_works_though_families_mailboxes_bounce(sandbox):
    driver = await sandbox(kinds={"email": {"bounced": 1.0}})
    await driver.control(
        "residents", [{"address": MRS_C, "channel": "email", "column": "email", "who": []}]
    )
    await deliver(driver, mail("teacher@school.example", "Your code is 123456."))
    assert driver.outcomes() == ["delivered"]


async def test_the_button_is_pressed_on_the_reply_page(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0})
    await deliver(driver, mail(MRS_C, f"News. Read it here: {school.url}/r/ABC123."))
    assert school.replies == []
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert school.replies == [("/r/ABC123/answer", {"seen": "yes", "words": ""})]
    assert [e["what"] for e in driver.lines("events")] == ["delivered", "seen"]


async def test_words_are_written_on_the_reply_page(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0, "answers": 1.0})
    await deliver(driver, mail(MRS_C, f"{school.url}/r/ABC123"))
    await driver.advance("2021-09-13T09:00:00-05:00")
    assert school.replies == [
        ("/r/ABC123/answer", {"send": "now", "words": "Gracias, ¿a qué hora?"})
    ]


async def test_a_page_that_is_down_is_tried_again_and_then_let_be(sandbox, school):
    driver = await sandbox(after_arrival={"sees": 1.0})
    school.status = 503
    await deliver(driver, mail(MRS_C, f"{school.url}/r/ABC123", key="k1"))
    await driver.advance("2021-09-13T08:12:00-05:00")
    school.status = 200
    await driver.advance("2021-09-13T10:00:00-05:00")
    assert len(school.replies) == 1
    school.status = 410
    await deliver(driver, mail(MRS_C, f"{school.url}/r/ABC124", key="k2"))
    await driver.advance("2021-09-14T10:00:00-05:00")
    assert [e["what"] for e in driver.lines("events") if e["ref"] == "k2"] == [
        "delivered",
        "gave_up",
    ]


async def test_a_mail_without_a_reply_page_is_left_alone(sandbox):
    driver = await sandbox(after_arrival={"sees": 1.0})
    await deliver(driver, mail(MRS_C, "See http://school.example/calendar"))
    await driver.advance("2021-09-20T08:00:00-05:00")
    assert [e["what"] for e in driver.lines("events")] == ["delivered"]


async def test_a_mail_of_bytes_that_are_no_text_is_taken(sandbox):
    driver = await sandbox()

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", driver.running.smtp_port, timeout=10) as smtp:
            head = b"Content-Type: text/plain; charset=klingon\r\n\r\n"
            smtp.sendmail("a@b.example", [MRS_C], head + b"\xff\xfe\x00 hello\r\n")

    await asyncio.to_thread(work)
    assert driver.outcomes() == ["delivered"]


def test_the_first_link_to_the_reply_page_is_found():
    text = "See https://school.example/calendar, or answer: <https://school.example/r/AB-12>."
    assert reply_link(text) == "https://school.example/r/AB-12>".rstrip(">")
    assert reply_link("http://[::1/r/AB and /r/AB") == ""


def test_the_key_stands_in_the_envelope_sender():
    senders = ["bounce+k1@school.example", "office@school.example", "", "a+@b.example"]
    assert [key_of_sender(one) for one in senders] == ["k1", None, None, None]
