"""Mail of the system itself (sign-in codes) goes by the same server as mail to families."""

from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from bothways.channels.anymail.carrier import AnymailCarrier
from bothways.channels.contract import Settings
from bothways.channels.services import values_of


class SmtpBackend(EmailBackend):
    """Django’s SMTP, with the settings of the carrier ``smtp`` as they hold at this moment.

    Where only a provider is set up (``anymail``), it goes by that.
    """

    def __init__(self, **options: Any) -> None:
        values = values_of("smtp")
        tls = values.get("tls") or "starttls"
        self.from_address = values.get("from_address", "")
        self.provider: Any = None
        if not values.get("host") and (given := values_of("anymail")):
            carrier = AnymailCarrier(Settings(given))
            self.from_address, self.provider = carrier.address, carrier.connection()
        super().__init__(
            host=values.get("host") or None,
            port=int(values.get("port") or 587),
            username=values.get("username") or None,
            password=values.get("password") or None,
            use_tls=tls == "starttls",
            use_ssl=tls == "tls",
            timeout=20,
            fail_silently=bool(options.get("fail_silently")),
        )

    def send_messages(self, email_messages: Any) -> int:
        for message in email_messages:
            if isinstance(message, EmailMessage) and self.from_address:
                message.from_email = self.from_address
        if self.provider is not None:
            return int(self.provider.send_messages(email_messages) or 0)
        return super().send_messages(email_messages)
