"""``bothways carrier``: set up what takes words to families, and try it."""

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import say, table

HIDDEN = "••••••"


@click.command(short_help="Set up texts, email or letters, and try them.")
@click.argument("name")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="once a setting")
@click.option("--test", "address", metavar="ADDRESS", help="send a test there, now")
def carrier(name: str, given: tuple[str, ...], address: str | None) -> None:
    """Show, change and try the settings of a carrier: twilio (texts), twilio_voice (calls), smtp …"""
    with installation():
        from bothways.channels.registry import CARRIERS
        from bothways.channels.services import configure, values_of

        if name not in CARRIERS:
            raise Unusable(f"There is no carrier “{name}”. There are: {', '.join(CARRIERS)}.")
        known = {setting.name: setting for setting in CARRIERS[name].settings}
        values = values_of(name)
        for pair in given:
            key, equals, value = pair.partition("=")
            if not equals or key not in known:
                raise Unusable(f"“{key}” is no setting of {name}. There are: {', '.join(known)}.")
            values[key] = value
        if given:
            configure(name, values)
            values = values_of(name)
        say(f"Settings of {name}:")
        say(
            table(
                [
                    (key, HIDDEN if setting.secret and values.get(key) else values.get(key, "–"))
                    for key, setting in known.items()
                ]
            )
        )
        if address:
            _try(name, address)
            _try_mailbox(name)


def _try_mailbox(name: str) -> None:
    """Open the mailbox that answers come to, if one is set up; nothing in it is touched."""
    from bothways.channels.contract import CarrierError
    from bothways.messaging.services.trying import try_mailbox

    try:
        waiting = try_mailbox(name)
    except CarrierError as error:
        raise Unusable(str(error)) from error
    if waiting is not None:
        say(f"Mailbox: opened, {waiting} to read")


def _try(name: str, address: str) -> None:
    """One message to this address, outside of everything that is counted."""
    from bothways.channels.contract import Misconfigured
    from bothways.messaging.services.trying import try_carrier

    try:
        tried = try_carrier(name, address)
    except Misconfigured as error:
        raise Unusable(str(error)) from error
    say(f"Test: {tried.words}")
    if not tried.ok:
        raise SystemExit(1)
