"""What families said that asks for something, what came of it, and what changed because of it."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.feedback.enums import Kind
from bothways.messaging.enums import Origin
from bothways.messaging.models import Message
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District, School


class Change(models.Model):
    """Something that is different now because families said so. Public only where somebody published it."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=20)  # in which it was written here
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["school", "-published_at"], name="change_published")]

    def __str__(self) -> str:
        return f"change {self.pk}"


class ChangeText(models.Model):
    """A change in one language, without names."""

    change = models.ForeignKey(
        Change, on_delete=models.CASCADE, related_name="texts", db_index=False
    )
    language = models.CharField(max_length=20)
    said = models.TextField()  # what families said
    did = models.TextField()  # what the school did
    origin = models.CharField(max_length=12, default=Origin.PERSON.value)
    reviewed = models.BooleanField(default=False)  # a person who has the language went through it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "language"], name="change_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.language} of change {self.change_id}"


class Board(models.Model):
    """The public page of a school: its address. It is there from the first change that was published."""

    school = models.OneToOneField(School, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug


class Item(models.Model):
    """A request, an observation or a suggestion of one family, as it was said."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="+")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in Kind])
    words = models.TextField()
    language = models.CharField(max_length=20, blank=True)
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    source = models.CharField(max_length=10)  # Source
    source_ref = models.CharField(max_length=60, blank=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)  # Outcome
    came = models.TextField(blank=True)  # what came of it, as the family reads it
    came_language = models.CharField(max_length=20, blank=True)
    came_by_machine = models.BooleanField(default=False)
    told = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    told_at = models.DateTimeField(null=True)
    helped = models.CharField(max_length=6, blank=True)  # Helped
    helped_words = models.TextField(blank=True)
    helped_at = models.DateTimeField(null=True)
    change = models.ForeignKey(Change, null=True, on_delete=models.SET_NULL, related_name="items")

    class Meta:
        constraints = [
            # One tap twice is one.
            models.UniqueConstraint(
                fields=["district", "source", "source_ref", "kind"],
                condition=~Q(source_ref=""),
                name="item_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="")
                | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="item_closed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "owner", "due_on"],
                condition=Q(closed_at=None),
                name="item_owed",
            ),
            models.Index(fields=["district", "-at"], name="item_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Step(models.Model):
    """What happened to an item, and by whom; ``by`` None: the family."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="steps")
    did = models.CharField(max_length=8)  # Did
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    to = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.did} of item {self.item_id}"


class AnswersRead(models.Model):
    """Up to which answer to “did it help?” all are taken in: one row."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"up to {self.last}"
