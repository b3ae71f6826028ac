"""What a family told of itself in a welcome conversation, in its own words."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Guardian, Household, Student
from bothways.schools.models import District
from bothways.welcome.enums import AskedBy, How

_CLASSES = [WordClass.FAMILY.value, WordClass.SPEAKER_ONLY.value, WordClass.PROTECTED.value]


class Talk(models.Model):
    """A conversation with one adult. It may be held in pieces, by several people, on several days."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="welcome_talks", db_index=False
    )
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="welcome_talks")
    how = models.CharField(max_length=10, choices=[(how.value, how.value) for how in How])
    held_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    interpreter = models.CharField(max_length=200, blank=True)  # who interpreted, by name
    language = models.CharField(max_length=20)  # in which the questions are put
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)  # they would rather not; nobody asks again

    class Meta:
        constraints = [
            # Two who begin at once are in one conversation.
            models.UniqueConstraint(
                fields=["household", "guardian"],
                condition=Q(ended_at=None),
                name="welcome_talk_open_once",
            ),
        ]
        indexes = [models.Index(fields=["district", "household"], name="welcome_talk_household")]

    def __str__(self) -> str:
        return f"welcome talk {self.pk}"


class Answer(models.Model):
    """What was said to one question: as it was said, or that they would rather not say."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.CharField(max_length=20)
    student = models.ForeignKey(
        Student, null=True, on_delete=models.CASCADE, related_name="welcome_answers"
    )
    words = models.TextField(blank=True)
    language = models.CharField(max_length=20, blank=True)
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    danger = models.BooleanField(default=False)  # the duty person was told at once
    declined = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    how = models.CharField(max_length=10)
    withdrawn_at = models.DateTimeField(null=True)  # the words are gone with it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["talk", "question", "student"],
                nulls_distinct=False,
                name="welcome_answer_once",
            ),
            models.CheckConstraint(
                condition=Q(word_class__in=_CLASSES), name="welcome_answer_class"
            ),
            models.CheckConstraint(
                condition=~Q(danger=True) | Q(word_class=WordClass.PROTECTED.value),
                name="welcome_answer_danger_protected",
            ),
            models.CheckConstraint(
                condition=Q(words="") | Q(declined=False, withdrawn_at=None),
                name="welcome_answer_words_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Earlier(models.Model):
    """What stood there before somebody corrected it."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="earlier")
    words = models.TextField()
    language = models.CharField(max_length=20, blank=True)
    word_class = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"answer {self.answer_id} before"


class Sound(models.Model):
    """An answer as it was spoken."""

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="sound")
    data = models.BinaryField()
    content_type = models.CharField(max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sound of answer {self.answer_id}"


class Carer(models.Model):
    """Somebody whom the family named as caring for a child: for the office to look at, never standing."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="carer")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(
        ContactPerson, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["district", "at"], condition=Q(settled_at=None), name="welcome_carer_open"
            )
        ]

    def __str__(self) -> str:
        return f"named in answer {self.answer_id}"


class Invitation(models.Model):
    """That a family is asked for a talk: by a message, or by somebody who is to hold it."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="welcome_invitations", db_index=False
    )
    by_what = models.CharField(max_length=8, choices=[(a.value, a.value) for a in AskedBy])
    ref = models.BigIntegerField()  # the message's or the step's own number, as its keeper gave it
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "by_what", "ref"], name="welcome_invitation_once"
            )
        ]
        indexes = [models.Index(fields=["district", "household"], name="welcome_invitation_home")]

    def __str__(self) -> str:
        return f"{self.by_what} to {self.household_id}"
