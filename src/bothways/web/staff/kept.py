"""What somebody writes is kept by itself, on the server, for this person alone.

A browser that closes, a second window, the back button after sending: nothing typed is lost, nothing is sent
twice. A draft that was sent keeps its words until the message has left: taken back, it is whole again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.db import models, transaction
from django.http import QueryDict

from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.models import Message

_FIELDS = re.compile(
    r"(who|about|grade|list|only_unreached|not_reached_since|purpose|tone|tongue|day|hour"
    r"|(subject|body|checked)-[A-Za-z]{2,8}(-[A-Za-z0-9]{2,8}){0,2})"
)
_WORDS = re.compile(r"(subject|body)-")
MOST_KEPT = 200  # drafts of one person; the oldest go


class KeptDraft(models.Model):
    """A draft as typed. ``turn`` counts its changes; ``window`` made the last one."""

    key = models.CharField(max_length=32, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    form = models.JSONField(default=dict)  # name of a field → its values
    made = models.JSONField(default=dict)  # language → what was suggested for it, and by what
    turn = models.IntegerField(default=0)
    window = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()
    # The message that it became; taken back, that is gone and this is a draft again.
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="kept_draft_user")]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def data(self) -> QueryDict:
        """As if the form had just been sent."""
        data = QueryDict(mutable=True)
        for name, values in self.form.items():
            data.setlist(name, values)
        return data

    @property
    def words(self) -> str:
        """The beginning of what was written, in whichever language was written first."""
        for prefix in ("subject-", "body-"):
            for name, values in self.form.items():
                if name.startswith(prefix) and values and values[0].strip():
                    return " ".join(values[0].split())[:120]
        return ""


def fresh_key() -> str:
    """A key for a draft, or for a window, that is about to be shown."""
    return token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft after it was kept; ``apart``: as a second one, since another window had changed the first."""

    draft: KeptDraft
    apart: bool = False


def fields_of(data: QueryDict) -> dict[str, list[str]]:
    """What of a form belongs to a draft; signs that no database takes are left out."""
    return {
        name: [value.replace("\x00", "") for value in values if isinstance(value, str)]
        for name, values in data.lists()
        if _FIELDS.fullmatch(name)
    }


def has_words(form: Mapping[str, Iterable[str]]) -> bool:
    return any(
        value.strip() for name, values in form.items() if _WORDS.match(name) for value in values
    )


@transaction.atomic
def keep(user: User, data: QueryDict) -> Kept:
    """Keep this form under its key; another window's newer words are never written over."""
    key, form = data.get("draft", "")[:32], fields_of(data)
    window = data.get("window", "")[:32]
    turn = int(found) if (found := data.get("turn", "")).isdecimal() and len(found) < 9 else 0
    draft = _locked(user, key) if key else None
    if draft is None:
        return Kept(_new(user, form, window, key=key))
    if draft.form == form:
        return Kept(draft)
    if draft.message_id is not None or (draft.turn > turn and draft.window != window):
        return Kept(_new(user, form, window, made=draft.made), apart=True)
    draft.form, draft.window, draft.at = form, window, clock.now()
    draft.turn += 1
    draft.save(update_fields=["form", "window", "at", "turn"])
    return Kept(draft)


def _new(
    user: User, form: dict[str, list[str]], window: str, *, key: str = "", made: Any = None
) -> KeptDraft:
    if not key or KeptDraft.objects.filter(key=key).exists():
        key = fresh_key()
    old = KeptDraft.objects.filter(user=user, message=None).order_by("-at", "-pk")
    KeptDraft.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[MOST_KEPT - 1 :])
    ).delete()
    # A double click makes one: the second waits here for the first, and finds it.
    draft, _made = KeptDraft.objects.get_or_create(
        key=key,
        defaults={
            "user": user,
            "form": form,
            "made": made or {},
            "turn": 1,
            "window": window,
            "at": clock.now(),
        },
    )
    return draft


def change(draft: KeptDraft, *, form: dict[str, list[str]], made: dict[str, Any]) -> None:
    """Fill in what was suggested or picked."""
    draft.form, draft.made, draft.at = form, made, clock.now()
    draft.turn += 1
    draft.save(update_fields=["form", "made", "at", "turn"])


def _locked(user: User, key: str) -> KeptDraft | None:
    return KeptDraft.objects.select_for_update().filter(user=user, key=key).first()


def locked(user: User, key: str) -> KeptDraft | None:
    """This person's draft, ours alone until the transaction ends."""
    return _locked(user, key)


def of_key(user: User, key: str) -> KeptDraft | None:
    return KeptDraft.objects.select_related("message").filter(user=user, key=key).first()


def of_message(user: User, message: Message) -> KeptDraft | None:
    return KeptDraft.objects.filter(user=user, message=message).first()


def open_drafts(user: User) -> list[KeptDraft]:
    """What this person began and did not send, the latest first."""
    found = KeptDraft.objects.filter(user=user, message=None).order_by("-at", "-pk")[:20]
    return [draft for draft in found if has_words(draft.form)]


def discard(user: User, key: str) -> bool:
    """Throw this draft away; False where there is none, or it was sent."""
    gone, _each = KeptDraft.objects.filter(user=user, key=key, message=None).delete()
    return bool(gone)
