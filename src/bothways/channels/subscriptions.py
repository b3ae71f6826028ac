"""Browsers that agreed to notices."""

from collections.abc import Collection
from hashlib import sha256

from bothways.channels.contract import Misconfigured, Settings, Subscription
from bothways.channels.models import CarrierConfig, PushSubscription
from bothways.channels.push.carrier import PushCarrier, own_services
from bothways.channels.push.hosts import acceptable
from bothways.channels.push.notice import usable
from bothways.core import clock

_cached: dict[str, str] = {}


class NotUsable(ValueError):
    """No notices can be sent to what a browser gave; the text says why, for a log."""


def public_key() -> str:
    """What browsers subscribe to; "" where notices are not set up here."""
    config = CarrierConfig.objects.filter(carrier=PushCarrier.name).first()
    if config is None:
        return ""
    private = str(config.values.get("private_key", ""))
    if private not in _cached:
        # Working a public key out takes longer than the rest of the page's look-ups.
        try:
            _cached[private] = PushCarrier(Settings(config.values)).public_key
        except Misconfigured:
            return ""
    return _cached[private]


def subscribe(subscription: Subscription) -> str:
    """Keep a browser's agreement; its key. The same browser again is the same key. Raises NotUsable."""
    config = CarrierConfig.objects.filter(carrier=PushCarrier.name).first()
    if config is None:
        raise NotUsable("notices are not set up")
    if not acceptable(subscription.endpoint, own_services(Settings(config.values))):
        raise NotUsable("the push service is not a public one")
    if not usable(subscription):
        raise NotUsable("the keys are none")
    key = key_of(subscription.endpoint)
    PushSubscription.objects.update_or_create(
        key=key,
        defaults={
            "endpoint": subscription.endpoint,
            "p256dh": subscription.p256dh,
            "auth": subscription.auth,
            "ended_at": None,
        },
        create_defaults={
            "endpoint": subscription.endpoint,
            "p256dh": subscription.p256dh,
            "auth": subscription.auth,
            "created_at": clock.now(),
        },
    )
    return key


def end(key: str) -> bool:
    """No more notices to this browser; False where there were none."""
    live = PushSubscription.objects.filter(key=key, ended_at=None)
    return bool(live.update(ended_at=clock.now()))


def key_of(endpoint: str) -> str:
    """The key of the browser with this endpoint: one, whoever opens which link on it."""
    return sha256(endpoint.encode("utf-8", "replace")).hexdigest()[:40]


def live(keys: Collection[str]) -> dict[str, Subscription]:
    """The browsers behind these keys that still agree; one query."""
    rows = PushSubscription.objects.filter(key__in=keys, ended_at=None)
    return {row.key: Subscription(row.endpoint, row.p256dh, row.auth) for row in rows}
