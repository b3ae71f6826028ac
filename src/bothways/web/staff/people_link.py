"""Send a colleague a link for signing in."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from bothways.accounts import links
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.web.throttle import Shared

log = logging.getLogger(__name__)

# Somebody's mailbox must not be filled from here.
sending = Shared("sign-in-link", most=3, within=900, ask=True)


def send_link(person: User, *, by: User) -> bool:
    """By email to the person's own address; whether it went out."""
    if sending.full(str(person.pk)):
        return False
    sending.count(str(person.pk))
    path = links.make(person)
    body = render_to_string(
        "account/email/link.txt",
        {"name": person.name, "by": by.name, "url": settings.PUBLIC_URL + path},
    )
    subject = render_to_string("account/email/link_subject.txt").strip()
    try:
        send_mail(subject, body, None, [person.email or ""])
    except OSError:  # also smtplib's
        log.warning("a sign-in link could not be sent")
        return False
    record("sign_in.link_sent", person, by=by.pk, district=person.district_id)
    return True
