"""What is to be done at home for a class on a day, and the number under which the class is found."""

from django.db import models

from bothways.accounts.models import User
from bothways.hotline.enums import Source
from bothways.people.models import Household
from bothways.schools.models import District, Section


class ClassCode(models.Model):
    """The number that stands on a class list and opens this class's homework, and nothing else."""

    section = models.OneToOneField(Section, on_delete=models.CASCADE, related_name="homework_code")
    code = models.CharField(max_length=8, unique=True)

    def __str__(self) -> str:
        return f"code of section {self.section_id}"


class Posting(models.Model):
    """The work of one class for one day: its teachers' words in one or more languages."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    section = models.ForeignKey(
        Section, on_delete=models.CASCADE, related_name="homework", db_index=False
    )
    day = models.DateField()
    language = models.CharField(max_length=20)  # in which it was written first
    bodies = models.JSONField(default=dict)  # language → words
    due = models.DateField(null=True)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    source = models.CharField(max_length=8, choices=[(s.value, s.value) for s in Source])
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # What stood here before the last change, so that one slip can be taken back: None for nothing.
    before = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["section", "day"], name="posting_once_a_day")
        ]

    def __str__(self) -> str:
        return f"homework of section {self.section_id}, {self.day}"

    @property
    def sound(self) -> "SpokenWork | None":
        """What was said into the phone, once it is here."""
        spoken: SpokenWork | None = getattr(self, "spoken", None)
        return spoken if spoken is not None and spoken.fetched_at is not None else None

    @property
    def says_something(self) -> bool:
        return any(words.strip() for words in self.bodies.values()) or self.sound is not None


class SpokenWork(models.Model):
    """What a teacher said into the phone: heard instead of a machine's voice."""

    posting = models.OneToOneField(Posting, on_delete=models.CASCADE, related_name="spoken")
    carrier = models.CharField(max_length=20)
    audio = models.CharField(max_length=200)  # the carrier's name for it
    seconds = models.PositiveIntegerField()
    data = models.BinaryField(null=True)  # until it was fetched
    content_type = models.CharField(max_length=40, blank=True)
    fetched_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.seconds} seconds for posting {self.posting_id}"


class PhonePin(models.Model):
    """By which the hotline knows a teacher's voice call: a caller's number can be forged."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="homework_pin")
    hash = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    misses = models.SmallIntegerField(default=0)  # wrong ones in a row
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"PIN of user {self.user_id}"


class TeacherText(models.Model):
    """A text by which a teacher posted, and what we answer: told once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    number = models.CharField(max_length=40)  # E.164, where the answer goes
    at = models.DateTimeField()
    answer = models.TextField()
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"text of user {self.user_id}"


class Follow(models.Model):
    """This family asked for its children's homework once a week; it comes with the digest."""

    household = models.OneToOneField(
        Household, on_delete=models.CASCADE, related_name="homework_follow"
    )
    district = models.ForeignKey(District, on_delete=models.CASCADE)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"household {self.household_id} follows"


class WeekTold(models.Model):
    """The homework of this class was sent for the week that ended on this day: once."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, db_index=False)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "day"], name="week_told_once")]

    def __str__(self) -> str:
        return f"week of section {self.section_id} to {self.day}"
