"""Words in other languages: suggested, remembered, read."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from bothways.core import clock, jobs
from bothways.languages import memory, phrasebook
from bothways.languages.codes import fallbacks
from bothways.languages.detection import detect
from bothways.languages.engines.contract import Engine, EngineError
from bothways.languages.engines.running import engine_of, run
from bothways.languages.glossary import kept_words, prefer
from bothways.languages.models import Reading as ReadingRow
from bothways.languages.protection import Warning, check, plain, protect, restore
from bothways.schools.models import District


class From(StrEnum):
    """Where suggested words come from; the same names as a version's origin."""

    PHRASEBOOK = "phrasebook"
    MEMORY = "memory"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Words for one language, whence they are, and what a person should look at."""

    text: str
    origin: From
    engine: str = ""  # a machine's name
    reviewed: bool = False  # a person who has the language went through them
    warnings: tuple[Warning, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A family's words for a staff reader. ``translation`` is None where there is none (yet)."""

    language: str
    sure: bool
    translation: str | None = None
    engine: str = ""
    waiting: bool = False  # one is being made in the background
    trouble: str = ""  # why there is none


def suggest(
    district: District,
    text: str,
    *,
    source: str,
    targets: Collection[str],
    purpose: str = "",
    names: Collection[str] = (),
    machine: bool = True,
) -> dict[str, Suggestion]:
    """Words for these languages: from memory, then the phrasebook, then the district's engine.

    Languages for which there is nothing are absent. ``names``: of the children, adults, staff and school that
    the text may speak of; they never reach an engine. ``machine`` False asks no engine: nothing is waited for.
    An engine in trouble gives nothing; ``engine_trouble`` says why. ``purpose`` is not sent anywhere.
    """
    text = plain(text)
    wanted = [t for t in dict.fromkeys(targets) if t and source not in (t, *fallbacks(t))]
    if not text.strip() or not wanted:
        return {}
    terms = kept_words(district, source, wanted)
    found: dict[str, Suggestion] = {}
    for tag, hit in memory.exact(
        district, text, source=source, targets=wanted, names=names
    ).items():
        found[tag] = Suggestion(
            hit.text, From.MEMORY, "", hit.reviewed, _look(text, hit.text, tag, names)
        )
    for tag, said in phrasebook.same_as(district, text, source=source, targets=wanted).items():
        if tag not in found or (said.reviewed and not found[tag].reviewed):
            found[tag] = Suggestion(said.text, From.PHRASEBOOK, "", said.reviewed)
    missing = [tag for tag in wanted if tag not in found]
    if missing and machine:
        found |= _by_machine(district, text, source, missing, names, terms)
    return found


def _by_machine(
    district: District,
    text: str,
    source: str,
    targets: Sequence[str],
    names: Collection[str],
    terms: Mapping[str, Collection[str]],
) -> dict[str, Suggestion]:
    found: dict[str, Suggestion] = {}
    engine = engine_of(district)
    if engine is None:
        return found
    for target in targets:
        stays = terms.get(target, ())
        whole = protect(text, names=names, terms=stays)
        try:
            (said,) = run(engine, [whole.text], source, target)
        except EngineError:
            continue
        said = prefer(district, restore(said, whole.kept, target=target), source, target)
        warnings = check(text, said, target=target, names=names, terms=stays)
        found[target] = Suggestion(said, From.MACHINE, engine.name, False, tuple(warnings))
    return found


def engine_trouble(district: District, source: str, target: str) -> str:
    """Why the district's engine gives nothing for this pair, in words; "" where it works or there is none."""
    engine = engine_of(district)
    if engine is None:
        return ""
    try:
        run(engine, ["school"], source, target)
    except EngineError as error:
        return str(error)
    return ""


def _look(text: str, said: str, tag: str, names: Collection[str]) -> tuple[Warning, ...]:
    return tuple(check(text, said, target=tag, names=names))


@transaction.atomic
def remember(
    district: District,
    *,
    source: str,
    source_text: str,
    target: str,
    target_text: str,
    by: int | None,
    reviewed: bool,
    names: Collection[str] = (),
) -> bool:
    """Keep how a person said this in another language; whether it was kept (see ``memory.keep``)."""
    return memory.keep(
        district,
        source=source,
        source_text=source_text,
        target=target,
        target_text=target_text,
        by=by,
        reviewed=reviewed,
        names=names,
    )


def read_for(
    district: District, text: str, *, known: str, reader: str, names: Collection[str] = ()
) -> Reading:
    """What a family wrote, for a staff reader: its language, and a machine's translation when there is one.

    The first call asks for the translation in the background and comes back at once; later ones find it.
    Without an engine, or where families' words may not leave the house, ``translation`` stays None.
    """
    return read_all_for(district, [(text, known)], reader=reader, names=names)[0]


def read_all_for(
    district: District,
    texts: Sequence[tuple[str, str]],
    *,
    reader: str,
    names: Collection[str] = (),
) -> list[Reading]:
    """``read_for`` of several (text, recorded language) in a fixed number of queries."""
    digests = [_digest(text, known) for text, known in texts]
    rows = {
        row.digest: row
        for row in ReadingRow.objects.filter(district=district, digest__in=digests, reader=reader)
    }
    fresh: dict[str, ReadingRow] = {}
    engine: Engine | None = None
    asked = False
    for (text, known), digest in zip(texts, digests, strict=True):
        if digest in rows or digest in fresh or not text.strip():
            continue
        language, sure = detect(text, known)
        row = ReadingRow(
            district=district,
            digest=digest,
            reader=reader,
            language=language,
            sure=sure,
            at=clock.now(),
        )
        if not _same(language, reader):
            if not asked:
                engine, asked = engine_of(district, families=True), True
            if engine is not None and engine.can(language, reader):
                row.text, row.names = text, sorted(names)[:50]
        fresh[digest] = row
    if fresh:
        ReadingRow.objects.bulk_create(fresh.values(), ignore_conflicts=True)
        if any(row.text for row in fresh.values()):
            jobs.enqueue("languages.read", once=f"read-{district.pk}", district_id=district.pk)
    rows |= fresh
    return [
        _shown(rows[digest]) if digest in rows else Reading(known or "en", False)
        for (_, known), digest in zip(texts, digests, strict=True)
    ]


def already_read(
    district: District, texts: Sequence[tuple[str, str]], *, reader: str
) -> list[Reading | None]:
    """Of these (text, recorded language) what is there for this reader; nothing is asked for. One query."""
    digests = [_digest(text, known) for text, known in texts]
    rows = {
        row.digest: row
        for row in ReadingRow.objects.filter(district=district, digest__in=digests, reader=reader)
    }
    return [_shown(rows[digest]) if digest in rows else None for digest in digests]


def _shown(row: ReadingRow) -> Reading:
    return Reading(row.language, row.sure, row.translation, row.engine, bool(row.text), row.trouble)


def _same(language: str, reader: str) -> bool:
    return reader == language or language in fallbacks(reader)


def _digest(text: str, known: str) -> str:
    return hashlib.sha256(f"{known}\n{text}".encode(errors="surrogatepass")).hexdigest()
