"""``bothways send``: write to families from the command line."""

import time

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import put, say, table


@click.command(short_help="Write to families.")
@click.option(
    "--audience", "spec", required=True, help="all | school:ID grade:05 section:ID student:ID …"
)
@click.option(
    "--purpose", required=True, type=click.Choice(["emergency", "timely", "routine", "personal"])
)
@click.option(
    "--text", "texts", multiple=True, required=True, metavar="LANG=TEXT", help="once a language"
)
@click.option("--dry-run", is_flag=True, help="count only; nothing is sent or kept")
@click.option("--district", "district_id", help="its roster id, where there are several")
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
def send(
    spec: str,
    purpose: str,
    texts: tuple[str, ...],
    dry_run: bool,
    district_id: str | None,
    as_json: bool,
) -> None:
    """Write to families, each by the way that works for it, in the language it reads.

    The message is queued; ``bothways up`` (or ``bothways worker``) takes it to the carriers.
    """
    started = time.monotonic()
    bodies = _bodies(texts)
    with installation():
        from bothways.commands.districts import the_district
        from bothways.messaging.audience import UnusableAudience, parse
        from bothways.messaging.enums import Purpose
        from bothways.messaging.services.messages import Draft, UnusableMessage, count
        from bothways.messaging.services.messages import send as send_message
        from bothways.people.models import Student

        district = the_district(district_id)
        try:
            audience = parse(spec)
            student = None
            if purpose == Purpose.PERSONAL and len(audience.students) == 1:
                student = Student.objects.filter(
                    district=district, sis_id=audience.students[0]
                ).first()
            draft = Draft(Purpose(purpose), audience, bodies, {}, student=student)
            if dry_run:
                message_id, fanned = None, count(draft, district=district, by=None)
            else:
                message, fanned = send_message(draft, district=district, by=None)
                message_id = message.pk
        except (UnusableAudience, UnusableMessage) as error:
            raise Unusable(str(error)) from error
    result = {
        "message": message_id,
        "families": fanned.families,
        "recipients": fanned.recipients,
        "deliveries": fanned.deliveries,
        "without_translation": fanned.without_translation,
        "blocked": fanned.blocked,
        "digest": fanned.digest,  # of the deliveries: those that wait for their family's digest
        "seconds": round(time.monotonic() - started, 3),
    }
    if as_json:
        put(result)
        return
    say(f"{fanned.families} families, {fanned.recipients} guardians.")
    say(table([(channel, str(n)) for channel, n in fanned.deliveries.items()]))
    if fanned.digest:
        say(f"{fanned.digest} of these wait for their families’ digests.")
    if fanned.blocked:
        say("Not written to:")
        say(table([(reason, str(n)) for reason, n in fanned.blocked.items()]))


def _bodies(texts: tuple[str, ...]) -> dict[str, str]:
    from bothways.languages.codes import normalise

    bodies: dict[str, str] = {}
    for text in texts:
        language, equals, body = text.partition("=")
        tag = normalise(language) if equals else None
        if tag is None:
            raise Unusable(f'“{text[:40]}” is not LANG=TEXT, for example: --text "es=Hola"')
        if tag in bodies:
            raise Unusable(f"There are two texts in {tag}.")
        bodies[tag] = body
    return bodies
