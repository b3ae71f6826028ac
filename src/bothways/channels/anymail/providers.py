"""The providers that can be chosen, and what each of them calls its keys."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider of mail."""

    module: str  # in anymail.backends and anymail.webhooks
    key: str  # what its backend calls the key of the account
    webhook: str  # the view that reads its reports
    signs: bool = (
        False  # it signs its reports; else the secret stands in the address that they go to
    )


PROVIDERS: dict[str, Provider] = {
    "mailgun": Provider("mailgun", "api_key", "MailgunTrackingWebhookView", signs=True),
    "postmark": Provider("postmark", "server_token", "PostmarkTrackingWebhookView"),
    "brevo": Provider("brevo", "api_key", "BrevoTrackingWebhookView"),
    "sparkpost": Provider("sparkpost", "api_key", "SparkPostTrackingWebhookView"),
}
USER = (
    "bothways"  # of the address http://USER:SECRET@… that a provider without signatures reports to
)


def backend(provider: Provider, *, key: str, base_url: str, domain: str, timeout: int) -> Any:
    """What sends: one connection, for one thread."""
    options: dict[str, Any] = {
        provider.key: key,
        # Not every provider can leave opens uncounted by the single mail; then its account says so.
        "ignore_unsupported_features": True,
        "timeout": timeout,
    }
    if base_url:
        options["api_url"] = base_url
    if provider.module == "mailgun":
        options["sender_domain"] = domain
    return import_module(f"anymail.backends.{provider.module}").EmailBackend(**options)


def reader(provider: Provider, *, secret: str) -> Any:
    """What checks and reads reports."""
    options: dict[str, Any] = {"webhook_secret": [] if provider.signs else f"{USER}:{secret}"}
    if provider.signs:
        options["webhook_signing_key"] = secret
    return getattr(import_module(f"anymail.webhooks.{provider.module}"), provider.webhook)(
        **options
    )
