"""Changes, and the public page on which they stand without names."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.text import slugify

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock, ids
from bothways.feedback.models import Board, Change, ChangeText, Item
from bothways.feedback.queries import names_at
from bothways.feedback.rules import MOST_WORDS, Caution, cautions
from bothways.feedback.services.items import Unusable, join
from bothways.languages.phrases import languages
from bothways.messaging.enums import Origin
from bothways.schools.models import School


@transaction.atomic
def keep_change(
    *,
    change: Change | None,
    school: School,
    said: str,
    did: str,
    language: str,
    by: User,
    items: Sequence[Item] = (),
) -> Change:
    """Keep what changed because families said so, in the writer’s words; the items belong to it. Unusable.

    Words that change are not public any more in other languages: they are made anew.
    """
    said, did = _clean(said), _clean(did)
    if not said or not did:
        raise Unusable("Write both: what families said, and what you did.")
    if change is None:
        change = Change.objects.create(
            district=school.district, school=school, language=language, by=by, at=clock.now()
        )
    known = change.texts.filter(language=change.language).first()
    if known is not None and (known.said, known.did) != (said, did):
        change.texts.exclude(pk=known.pk).delete()
    ChangeText.objects.update_or_create(
        change=change,
        language=change.language,
        defaults={"said": said, "did": did, "origin": Origin.PERSON.value, "reviewed": True},
    )
    if items:
        join(items=items, change=change, by=by)
    record("change.kept", change, by=by.pk, district=change.district_id)
    return change


@transaction.atomic
def say_in(
    *, change: Change, language: str, said: str, did: str, origin: Origin, reviewed: bool, by: User
) -> ChangeText:
    """Keep the words of a change in another language of ours. Raises Unusable."""
    said, did = _clean(said), _clean(did)
    if language not in languages() or language == change.language:
        raise Unusable("Choose one of the other languages.")
    if not said or not did:
        raise Unusable("Write both: what families said, and what you did.")
    text, _ = ChangeText.objects.update_or_create(
        change=change,
        language=language,
        defaults={"said": said, "did": did, "origin": origin.value, "reviewed": reviewed},
    )
    record("change.translated", change, by=by.pk, district=change.district_id)
    return text


def _clean(words: str) -> str:
    words = words.replace("\x00", "").strip()
    if len(words) > MOST_WORDS:
        raise Unusable(f"That is more than {MOST_WORDS} characters.")
    return words


def cautions_of(change: Change) -> list[Caution]:
    """What a person should look at before these words are public."""
    families = change.items.values("household").distinct().count()
    names = names_at(change.school)
    found: dict[tuple[str, str], Caution] = {}
    for text in change.texts.all():
        for one in cautions(f"{text.said}\n{text.did}", names=names, families=families):
            found.setdefault((one.what, one.found), one)
    return list(found.values())


@transaction.atomic
def publish(*, change: Change, by: User, looked: bool) -> Board:
    """Put it on the public page of its school; ``looked``: a person went through the warnings. Unusable."""
    if not by.may(Permission.BOARD, {change.school_id}):
        raise Unusable("Your role does not publish for this school.")
    if not looked and cautions_of(change):
        raise Unusable("Look at the warnings first: everybody will be able to read this.")
    if not change.texts.exists():
        raise Unusable("There are no words to publish yet.")
    if change.published_at is None:
        change.published_at, change.published_by = clock.now(), by
        change.save(update_fields=["published_at", "published_by"])
        record("change.published", change, by=by.pk, district=change.district_id)
    return board_for(change.school)


@transaction.atomic
def take_back(*, change: Change, by: User) -> None:
    """Take it off the public page, at once."""
    if change.published_at is None:
        return
    change.published_at = None
    change.save(update_fields=["published_at"])
    record("change.taken_back", change, by=by.pk, district=change.district_id)


def board_for(school: School) -> Board:
    """The school’s public page; made with its address where there is none yet."""
    known = Board.objects.filter(school=school).first()
    if known is not None:
        return known
    slug = slugify(school.name)[:40] or "school"
    if Board.objects.filter(slug=slug).exists():
        slug = f"{slug}-{ids.code()[:6].lower()}"
    board, _ = Board.objects.get_or_create(
        school=school, defaults={"slug": slug, "at": clock.now()}
    )
    return board
