"""``bothways sign-in``: a link for an account whose mail is not set up yet."""

import click

from bothways.commands.installation import Unusable, installation


@click.command("sign-in")
@click.argument("email")
def sign_in(email: str) -> None:
    """Print a link that signs EMAIL in once within 15 minutes. Give it to nobody else."""
    with installation():
        from django.conf import settings

        from bothways.accounts.links import MINUTES_VALID, make
        from bothways.accounts.models import User

        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise Unusable(
                f"Nobody here signs in with {email}. Look at how the address is written in the roster."
            )
        words = (
            "It may be used again for a day: this is a demonstration."
            if settings.DEMO
            else f"It works once, in the next {MINUTES_VALID} minutes."
        )
        click.echo(f"{settings.PUBLIC_URL}{make(user)}")
        click.echo(f"This link signs in {user.name}. {words}", err=True)
