"""``bothways engine``: set up what translates, say which districts use it, and try it."""

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import say, table

HIDDEN = "••••••"


@click.command(short_help="Set up a translation engine, choose it, and try it.")
@click.argument("name")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="once a setting")
@click.option("--use", is_flag=True, help="let the district translate with it")
@click.option("--families-words", is_flag=True, help="with --use: also what families write")
@click.option("--district", "district_id", metavar="ID", help="with --use, where there are several")
@click.option("--test", "target", metavar="LANGUAGE", help="translate one sentence of ours into it")
def engine(
    name: str,
    given: tuple[str, ...],
    use: bool,
    families_words: bool,
    district_id: str | None,
    target: str | None,
) -> None:
    """Show, change and try the settings of an engine: apertium, libretranslate, deepl, google, azure.

    The name “none” with --use switches translation by machine off.
    """
    with installation():
        from bothways.languages.engines.registry import ENGINES
        from bothways.languages.engines.running import configure, values_of

        if name not in ENGINES and not (name == "none" and use):
            raise Unusable(f"There is no engine “{name}”. There are: {', '.join(ENGINES)}.")
        if name in ENGINES:
            known = {setting.name: setting for setting in ENGINES[name].settings}
            values = values_of(name)
            for pair in given:
                key, equals, value = pair.partition("=")
                if not equals or key not in known:
                    raise Unusable(
                        f"“{key}” is no setting of {name}. There are: {', '.join(known)}."
                    )
                values[key] = value
            if given:
                configure(name, values)
            say(f"Settings of {name}:")
            say(
                table(
                    [
                        (key, HIDDEN if one.secret and values.get(key) else values.get(key, "–"))
                        for key, one in known.items()
                    ]
                )
            )
        if use:
            _use(name, district_id, families_words)
        if target and name in ENGINES:
            _try(name, target)


def _use(name: str, district_id: str | None, families_words: bool) -> None:
    from bothways.commands.districts import the_district
    from bothways.languages.models import Choice
    from bothways.languages.reading import forget_readings

    district = the_district(district_id)
    chosen = "" if name == "none" else name
    Choice.objects.update_or_create(
        district=district,
        defaults={"engine": chosen, "families_words": bool(chosen) and families_words},
    )
    forget_readings(district)
    say(f"{district.name} translates with: {chosen or 'people, memory and phrasebook alone'}")


def _try(name: str, target: str) -> None:
    """One sentence of ours into this language, or what is wrong."""
    from bothways.languages.engines.contract import EngineError
    from bothways.languages.engines.running import engine_named, run

    try:
        (said,) = run(engine_named(name), ["The school is open tomorrow."], "en", target)
    except EngineError as error:
        raise Unusable(str(error)) from error
    say(f"The school is open tomorrow. → {said}")
