"""Collect the sentences of the staff pages for their translators, compile, and say what is missing.

``make messages`` reads templates and code and brings ``locale/<language>/LC_MESSAGES/django.po`` (in
``src/bothways``) up to date: new sentences come in without a translation, those that are gone go,
translations stay. Then it writes ``django.mo`` beside it, which is what runs. Babel and Django are enough.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "bothways"
LANGUAGES = ("es",)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = "# The staff pages of Bothways.\n# Brought up to date by “make messages”.\n#"


def catalogue_of(language: str) -> Path:
    return SOURCE / "locale" / language / "LC_MESSAGES" / "django.po"


def sentences() -> Catalog:
    """Every sentence of the product's templates and code that is marked for translation."""
    found = Catalog(charset="utf-8", header_comment=HEADER)
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        name = path.relative_to(ROOT).as_posix()
        for _, message, comments, context in _marked(path):
            # Without line numbers: they would change with every edit of a page.
            found.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return found


def _marked(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    text = path.read_text("utf-8")
    if path.suffix == ".html" or path.suffix == ".txt":
        if "{%" not in text:
            return
        text = _as_code(text, path)
    elif "gettext" not in text:
        return
    yield from extract("python", io.BytesIO(text.encode()), KEYWORDS, ["Translators:"])


def _as_code(text: str, path: Path) -> str:
    """A template's marked sentences as calls, as Django gives them to gettext."""
    from django.utils.translation.template import templatize

    # Templates are indented as pages are, not as code.
    return "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())


def merged(language: str) -> Catalog:
    """The catalogue as it should be: today's sentences with the translations there are."""
    path = catalogue_of(language)
    found = sentences()
    if path.exists():
        with path.open("rb") as file:
            kept = read_po(file, locale=language)
        found.creation_date = kept.creation_date
        kept.update(found, no_fuzzy_matching=True)
        kept.obsolete.clear()
    else:
        kept = found
        kept.locale = language
    kept.header_comment = HEADER
    kept.project, kept.version, kept.fuzzy = "Bothways", "1", False
    kept.last_translator = kept.language_team = kept.msgid_bugs_address = "Bothways"
    kept.revision_date = kept.creation_date
    return kept


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, sort_output=True)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as a .mo file."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def untranslated(catalogue: Catalog) -> list[Message]:
    """Sentences without a translation, or with one that nobody has settled."""
    return [one for one in catalogue if one.id and (not _has(one) or one.fuzzy)]


def wrong(catalogue: Catalog) -> list[str]:
    """Translations whose named parts are not those of the sentence."""
    return [
        f"{one.id}: {error}"
        for one in catalogue
        if one.id and _has(one)
        for error in one.check(catalogue)
    ]


def _has(one: Message) -> bool:
    said = one.string
    return all(said) if isinstance(said, list | tuple) else bool(said)


def main() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bothways.config.settings")
    os.environ.setdefault("BOTHWAYS_SECRET_KEY", "only-to-read-templates")
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
    import django

    django.setup()
    for language in LANGUAGES:
        path = catalogue_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = merged(language)
        path.write_bytes(written(catalogue))
        with path.open("rb") as file:
            read = read_po(file, locale=language)
        path.with_suffix(".mo").write_bytes(compiled(read))
        every, missing = [one for one in read if one.id], untranslated(read)
        click.echo(
            f"Staff pages, {language}: {len(every) - len(missing)} of {len(every)} sentences."
        )
        for one in missing:
            click.echo(f"  missing: {one.id if isinstance(one.id, str) else one.id[0]!r}")
        for words in wrong(read):
            click.echo(f"  wrong: {words}")
    _families()


def _families() -> None:
    from bothways.languages import phrasebook, phrases
    from bothways.languages.codes import LANGUAGES as TWELVE

    keys = phrases.keys()
    book = phrasebook.shipped().values()
    for tag in TWELVE:
        without = [key for key in keys if phrases.raw(tag, key) is None]
        said = sum(tag in one.texts for one in book)
        read = sum(tag in one.reviewed for one in book)
        native = "read by a native reader" if phrases.is_reviewed(tag) else "needs a native reader"
        click.echo(
            f"Families' pages, {tag}: {len(keys) - len(without)} of {len(keys)} phrases, {native}; "
            f"phrasebook {said} of {len(book)}, {read} reviewed."
        )
        for key in without:
            click.echo(f"  missing: {key}")


if __name__ == "__main__":
    main()
