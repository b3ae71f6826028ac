"""What a district has translated, how it says things, and what its families' words mean to staff."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from bothways.schools.models import District


class Remembered(models.Model):
    """One text and how it was said in another language, with what is particular taken out.

    ``source_text`` and ``target_text`` hold tokens (⟦1⟧) where names, dates, amounts and links stood: what is
    kept is the sentence, not the child.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    key = models.CharField(max_length=64)  # digest of the source as compared
    source_text = models.TextField()
    target_text = models.TextField()
    # Digests of its words, for finding what is nearly the same.
    words = ArrayField(models.IntegerField())
    reviewed = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    used = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "source", "target", "key"], name="remembered_once"
            )
        ]
        indexes = [GinIndex(fields=["words"], name="remembered_words")]

    def __str__(self) -> str:
        return f"{self.source} → {self.target} {self.pk}"


class Term(models.Model):
    """How this district says a word in another language; without a translation: it stays as it is."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20, blank=True)  # "": into every language
    word = models.CharField(max_length=120)
    said = models.CharField(max_length=200, blank=True)  # "": do not translate
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "source", "target", "word"], name="term_of_glossary_once"
            )
        ]

    def __str__(self) -> str:
        return self.word


class EngineConfig(models.Model):
    """What an engine of this installation wants to know; the engine declares the names."""

    engine = models.CharField(max_length=20, primary_key=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"settings of {self.engine}"


class Choice(models.Model):
    """Which engine a district uses, and what for."""

    district = models.OneToOneField(
        District, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    engine = models.CharField(max_length=20, blank=True)  # "": none
    # What families write may be given to an engine outside the house.
    families_words = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"engine of district {self.district_id}"


class Reading(models.Model):
    """Words of a family as a reader of another language sees them: worked out once, in the background."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(
        max_length=64
    )  # of the words and the language recorded for who wrote them
    reader = models.CharField(max_length=20)
    text = models.TextField(blank=True)  # until it is translated
    names = ArrayField(models.CharField(max_length=200), default=list)  # until it is translated
    language = models.CharField(max_length=20)
    sure = models.BooleanField()
    translation = models.TextField(null=True)  # noqa: DJ001 - null: none yet
    engine = models.CharField(max_length=20, blank=True)
    trouble = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "digest", "reader"], name="reading_once")
        ]
        indexes = [models.Index(fields=["at"], name="reading_at")]

    def __str__(self) -> str:
        return f"reading {self.pk}"


class OwnMessage(models.Model):
    """A message that a district added to the phrasebook."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=80)  # "own.bus_cards"
    purpose = models.CharField(max_length=12)
    title = models.CharField(max_length=120)
    texts = models.JSONField(default=dict)  # language → words with {placeholders}
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="own_message_once")]

    def __str__(self) -> str:
        return self.title


class ReadByNative(models.Model):
    """Somebody of this district who has the language from home went through a message of the phrasebook."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=80)
    language = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)  # of the words that were read: other words, no mark
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "key", "language"], name="read_by_native_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.language}"
