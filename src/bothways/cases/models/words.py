"""What each side said, in its own words, and who was asked when."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.cases.enums import About, How, Stage
from bothways.cases.models.case import Case, Member
from bothways.messaging.models import Entry, Message
from bothways.people.enums import WordClass
from bothways.people.models import Guardian


class Contribution(models.Model):
    """Words of one member; who reads them, ``word_class`` says."""

    case = models.ForeignKey(
        Case, on_delete=models.CASCADE, related_name="contributions", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="contributions")
    stage = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Stage])
    about = models.CharField(max_length=12, choices=[(a.value, a.value) for a in About])
    words = models.TextField()
    language = models.CharField(max_length=20)
    word_class = models.CharField(max_length=16, choices=[(c.value, c.value) for c in WordClass])
    at = models.DateTimeField()
    how = models.CharField(max_length=12, choices=[(h.value, h.value) for h in How])
    # Somebody wrote down what the member said; null: the member wrote it.
    noted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The same words where families' words are kept: an answer by text, or words of danger.
    entry = models.ForeignKey(Entry, null=True, on_delete=models.SET_NULL, related_name="+")
    danger = models.BooleanField(default=False)
    form_key = models.CharField(max_length=60, unique=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(danger=False) | Q(word_class=WordClass.PROTECTED.value),
                name="case_danger_is_protected",
            )
        ]
        indexes = [models.Index(fields=["case", "at"], name="case_words_order")]

    def __str__(self) -> str:
        return f"words {self.pk} in case {self.case_id}"


class Asking(models.Model):
    """That this adult was asked what they see, what they think of the words, or for their consent."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="askings")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Stage])
    how = models.CharField(max_length=12, choices=[(h.value, h.value) for h in How])
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"asked {self.guardian_id} in case {self.case_id}"


class CaseAlert(models.Model):
    """Words of danger in a case, and the person on duty who was told: reads them without being a member."""

    contribution = models.ForeignKey(Contribution, on_delete=models.CASCADE, related_name="alerts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contribution", "user"], name="case_alert_once")
        ]

    def __str__(self) -> str:
        return f"alert {self.pk} of words {self.contribution_id}"
