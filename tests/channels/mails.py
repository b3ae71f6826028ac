"""Mails as families' programs and mail servers write them."""

from email.message import EmailMessage
from email.policy import SMTP

OURS = "families@grandbend.example"
ALICIAN = "alician@families.example"
KEY = "5f0c2a9b7d3e41c8a6b0d9e8f7a6b5c4"


def answer(
    words: str,
    *,
    to: str = f"families+{KEY}@grandbend.example",
    from_: str = f"Alician Brown <{ALICIAN}>",
    subject: str = "Re: A good week in math",
    **headers: str,
) -> bytes:
    """A mail from a family; ``in_reply_to`` becomes In-Reply-To."""
    mail = EmailMessage()
    mail["From"] = from_
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Mon, 13 Sep 2021 18:30:00 -0500"
    mail["Message-ID"] = "<CAF1@mail.families.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail.as_bytes(policy=SMTP)


def bounce(
    code: str = "5.1.1",
    *,
    action: str = "failed",
    to: str = f"families+{KEY}@grandbend.example",
    key: str = KEY,
) -> bytes:
    """A bounce as Postfix writes it (RFC 3464)."""
    return f"""Return-Path: <>
Delivered-To: {to}
Date: Mon, 13 Sep 2021 14:00:05 +0000 (UTC)
From: MAILER-DAEMON@mx.families.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Message-Id: <20210913140005.{code}@mx.families.example>

--B1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.families.example.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.families.example
Arrival-Date: Mon, 13 Sep 2021 14:00:04 +0000 (UTC)

Final-Recipient: rfc822; {ALICIAN}
Original-Recipient: rfc822;{ALICIAN}
Action: {action}
Status: {code}
Diagnostic-Code: smtp; 550 {code} no such user

--B1
Content-Type: text/rfc822-headers

From: "Grand Bend" <{OURS}>
To: {ALICIAN}
Message-ID: <{key}@grandbend.example>
X-Bothways-Delivery: {key}

--B1--
""".replace("\n", "\r\n").encode()


def complaint(kind: str = "abuse", *, key: str = KEY) -> bytes:
    """What a provider sends when somebody presses “this is spam” (RFC 5965)."""
    return f"""Return-Path: <feedback@bigmail.example>
From: <feedback@bigmail.example>
To: {OURS}
Subject: FW: A good week in math
Date: Mon, 13 Sep 2021 20:00:00 +0000
Message-ID: <arf.1@bigmail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="A1"

--A1
Content-Type: text/plain; charset=us-ascii

This is an email abuse report.

--A1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{ALICIAN}>

--A1
Content-Type: message/rfc822

From: "Grand Bend" <{OURS}>
To: {ALICIAN}
Message-ID: <{key}@grandbend.example>
Subject: A good week in math

Dear Ms. Brown

--A1--
""".replace("\n", "\r\n").encode()
