"""What a mail looks like: read back with Python's own reader."""

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.channels.contract import Sender, Version
from bothways.channels.enums import Channel
from bothways.channels.mail.writing import ACKNOWLEDGEMENT, From, Mail, Undeliverable, mail_of
from channels.deliveries import to_alician

NOW = datetime(2021, 9, 13, 14, 0, tzinfo=UTC)
FROM = From("families@grandbend.example")


def made(**changes: Any) -> Mail:
    return mail_of(to_alician(Channel.EMAIL, **changes), FROM, NOW)


def read(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=email.policy.default)


def part(mail: Mail, kind: str) -> str:
    body = read(mail).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_headers_say_who_what_and_how_to_stop() -> None:
    assert dict(read(made()).items()) == {
        "From": "Grand Bend Elementary School <families@grandbend.example>",
        "To": "Alician Brown <alician@families.example>",
        "Subject": "A good week in math",
        "Date": "Mon, 13 Sep 2021 14:00:00 +0000",
        "Message-ID": "<k1@grandbend.example>",
        "Content-Language": "en",
        "X-Bothways-Delivery": "k1",
        "X-Bothways-Purpose": "personal",
        "Reply-To": "Grand Bend Elementary School <office@grandbend.example>",
        "List-Unsubscribe": "<https://grandbend.example/stop/BCDFGHJKMNPQ>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_bothways_="',
    }


def test_envelope_names_the_delivery_so_that_a_bounce_finds_it() -> None:
    assert made().sender == "families+k1@grandbend.example"
    plain = mail_of(
        to_alician(Channel.EMAIL), From("families@grandbend.example", bounces_to_key=False), NOW
    )
    assert plain.sender == "families@grandbend.example"


def test_only_acknowledgements_are_marked_as_automatic() -> None:
    assert read(made())["Auto-Submitted"] is None
    assert read(made(purpose=ACKNOWLEDGEMENT))["Auto-Submitted"] == "auto-generated"


def test_both_parts_carry_the_words() -> None:
    mail = made(versions=(Version("es", 'Hola:\n\n¿Puede venir? 5 < 6 & "sí"', "Una reunión"),))
    assert part(mail, "plain") == 'Hola:\n\n¿Puede venir? 5 < 6 & "sí"\n'
    page = part(mail, "html")
    assert "¿Puede venir? 5 &lt; 6 &amp; &quot;sí&quot;" in page
    assert '<html lang="es" dir="ltr">' in page


def test_right_to_left_page_keeps_addresses_left_to_right() -> None:
    body = "أجيبوا هنا: https://grandbend.example/r/BCDF?a=1&b=2."
    page = part(made(versions=(Version("ar", body, "خبر"),)), "html")
    assert '<html lang="ar" dir="rtl">' in page
    shown = "https://grandbend.example/r/BCDF?a=1&amp;b=2"
    assert f'<bdi dir="ltr"><a href="{shown}" style="color:#a8480f">{shown}</a></bdi>.' in page


@pytest.mark.parametrize(
    "words",
    ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{lang} {0} %s", "</p></body>"],
)
def test_words_are_never_markup(words: str) -> None:
    page = part(
        made(
            versions=(Version("en", words, words),),
            sender=Sender(school=words, address=(words,), phone=words),
        ),
        "html",
    )
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</body>") == 1
    assert page.count("</title>") == 1


def test_link_that_would_run_code_is_no_link() -> None:
    page = part(made(versions=(Version("en", "javascript:alert(1) http://a.example"),)), "html")
    assert page.count("href=") == 1


@pytest.mark.parametrize("name", ["Núñez, María", "李雷", "Ó “Quote” \\", "O'Neil", 'A "B" C\\'])
def test_names_in_any_letters_come_back_whole(name: str) -> None:
    mail = read(made(names=(name,), sender=Sender(school=name, email="a@b.example")))
    assert mail["To"].addresses[0].display_name == name
    assert mail["From"].addresses[0].display_name == name
    assert mail["Reply-To"].addresses[0].display_name == name
    assert mail["To"].addresses[0].addr_spec == "alician@families.example"


@pytest.mark.parametrize(
    "subject", ["Una buena semana — matemáticas " * 8, "数学很好的一周" * 20, "x y " * 60]
)
def test_long_subjects_come_back_whole_on_short_lines(subject: str) -> None:
    mail = made(versions=(Version("es", "Hola", subject),))
    assert str(read(mail)["Subject"]) == subject.strip()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998


def test_long_stop_address_is_not_folded() -> None:
    stop = "https://grandbend.example/stop/" + "B" * 300
    assert f"List-Unsubscribe: <{stop}>\r\n".encode() in made(stop_url=stop).content


def test_stop_address_without_encryption_offers_no_one_click() -> None:
    mail = read(made(stop_url="http://127.0.0.1:8000/stop/B"))
    assert mail["List-Unsubscribe"] == "<http://127.0.0.1:8000/stop/B>"
    assert mail["List-Unsubscribe-Post"] is None


INJECTION = "x\r\nBcc: everyone@grandbend.example\r\n\r\nbody"


@pytest.mark.parametrize(
    "changes",
    [
        {"names": (INJECTION,)},
        {"sender": Sender(school=INJECTION, email=INJECTION)},
        {"versions": (Version("en", "b", INJECTION),)},
        {"versions": (Version(INJECTION, "b", "s"),)},
        {"purpose": INJECTION},
        {"stop_url": INJECTION},
        {"stop_url": f"https://a.example/{INJECTION}"},
        {"names": ("x\u2028Bcc: a@b.example",)},
    ],
)
def test_no_value_begins_a_header_of_its_own(changes: dict[str, Any]) -> None:
    mail = made(**changes)
    head = mail.content.split(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert "Bcc" not in read(mail)
    assert set(read(mail).keys()) <= set(read(made()).keys())


@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "@b.example",
        "a@",
        "a@b.example\r\nRCPT TO:<c@d.example>",
        "a b@c.example",
        "a@b@c.example",
        "<a@b.example>",
        "a@b.example, c@d.example",
        "a@b..example",
        "a@" + "b" * 70 + ".example",
    ],
)
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(Undeliverable):
        made(to=to)


def test_key_that_could_break_a_header_is_refused() -> None:
    with pytest.raises(Undeliverable):
        made(key="k1\r\nBcc: a@b.example")


def test_address_in_other_letters_says_so_and_its_domain_is_plain() -> None:
    mail = made(to="josé@bücher.example")
    assert (mail.recipient, mail.needs_utf8) == ("josé@xn--bcher-kva.example", True)
    domain = made(to="jose@bücher.example")
    assert (domain.recipient, domain.needs_utf8) == ("jose@xn--bcher-kva.example", False)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_words_come_back_and_every_line_is_short(words: str) -> None:
    mail = made(versions=(Version("en", words, words),), names=(words,))
    for line in mail.content.split(b"\r\n"):
        assert b"\n" not in line
        assert b"\r" not in line
        assert len(line) <= 998
    kept = "".join(
        c for c in words.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or c >= " "
    )
    assert part(mail, "plain") == kept.replace("\x7f", "").strip() + "\n"
