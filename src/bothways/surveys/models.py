"""What is asked, of whom, and what came back.

Three ways of keeping answers, one for each promise. Of ``anonymous`` surveys nothing leads from an answer to an
invitation: read docs/explanation/surveys.md before you change a table here.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.people.models import Guardian, Household
from bothways.schools.models import District, School
from bothways.surveys.enums import Of, Promise, State
from bothways.surveys.forms import Form, read_json


class Instrument(models.Model):
    """A form that a district loaded: published items it may use, or its own."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    code = models.CharField(max_length=40)
    form = models.JSONField()
    loaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "code"], name="instrument_once")]

    def __str__(self) -> str:
        return self.code


class Survey(models.Model):
    """One asking: its own copy of the form, its promise, whom it asks."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    school = models.ForeignKey(School, null=True, on_delete=models.CASCADE)  # null: all schools
    title = models.CharField(max_length=120)  # for staff
    form = models.JSONField()
    promise = models.CharField(max_length=12, choices=[(p.value, p.value) for p in Promise])
    of = models.CharField(max_length=10, default=Of.HOUSEHOLD.value)
    by_text = models.BooleanField(default=False)  # question by question, answered by a number
    grades = models.JSONField(default=list)  # empty: all
    size = models.PositiveIntegerField(null=True)  # of the sample, in families; null: all
    seed = models.BigIntegerField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    closes_on = models.DateField()  # the last day
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    message_id = models.BigIntegerField(null=True)  # by which it was sent
    followed_up_at = models.DateTimeField(null=True)
    reminder_id = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    homes = models.JSONField(default=dict)  # language → families of it among all it is about

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at__isnull=False),
                name="survey_opened_before_closed",
            ),
            models.CheckConstraint(
                condition=Q(followed_up_at=None) | Q(opened_at__isnull=False),
                name="survey_opened_before_follow_up",
            ),
            models.CheckConstraint(
                condition=Q(promise__in=[p.value for p in Promise]), name="survey_promise"
            ),
            # A texted answer stands in the family's conversation, where staff read it.
            models.CheckConstraint(
                condition=Q(by_text=False) | ~Q(promise=Promise.CONFIDENTIAL.value),
                name="survey_text_is_not_confidential",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "-made_at"], name="survey_list"),
            models.Index(fields=["message_id"], name="survey_message"),
            models.Index(fields=["reminder_id"], name="survey_reminder"),
        ]

    def __str__(self) -> str:
        return f"survey {self.pk}"

    @property
    def state(self) -> State:
        if self.opened_at is None:
            return State.DRAFT
        return State.CLOSED if self.closed_at else State.OPEN

    @property
    def asks(self) -> Form:
        return read_json(self.form)

    @property
    def is_anonymous(self) -> bool:
        return self.promise == Promise.ANONYMOUS


class Invitation(models.Model):
    """A family, or one adult, who is asked once. Of an anonymous survey it knows “done” and nothing else."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, related_name="invitations", db_index=False
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="+")
    promise = models.CharField(max_length=12)  # the survey's: for the constraint below
    code = models.CharField(max_length=12, unique=True)
    language = models.CharField(max_length=20, blank=True)
    grade = models.CharField(max_length=40, blank=True)
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL, related_name="+")
    weight = models.FloatField(default=1)  # families for whom it stands
    questions = models.SmallIntegerField()  # how many it asks: what counts for the burden
    at = models.DateTimeField()
    done = models.BooleanField(default=False)
    done_on = models.DateField(null=True)
    part = models.SmallIntegerField(default=0)  # pages filled in so far
    not_them = models.BooleanField(default=False)  # somebody else has this number or address

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "household", "guardian"],
                name="invitation_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(promise=Promise.ANONYMOUS.value) | Q(done_on=None, part=0),
                name="invitation_anonymous_has_no_day",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "household", "at"], name="invitation_burden"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Answer(models.Model):
    """One answer of a named or confidential survey; the newest counts until it closes."""

    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    item = models.CharField(max_length=40)
    value = models.SmallIntegerField(null=True)  # 1…5, or 1 for marked
    words = models.TextField(blank=True)
    language = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "item"], name="survey_answer_once"),
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gte=0, value__lte=5), name="survey_answer_range"
            ),
        ]

    def __str__(self) -> str:
        return f"answer to {self.item}"


class Unmixed(models.Model):
    """An anonymous answer before it is put among others: nobody reads it, and it goes within the survey.

    It is written in the same moment in which an invitation is done, so the order of rows on the disk could
    tell whose it is. ``services.mixing`` moves ten or more at once, shuffled, into the tables below.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)  # item → number
    words = models.JSONField(default=dict)  # item → words
    paper = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "an anonymous answer"


class Sheet(models.Model):
    """The numbers of one anonymous answer: no family, no language, no grade, no day."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="sheets")
    values = models.JSONField(default=dict)
    paper = models.BooleanField(default=False)  # came on a sheet without a code

    def __str__(self) -> str:
        return "an anonymous sheet"


class LooseWords(models.Model):
    """Free words of an anonymous survey, apart from the numbers that came with them."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="loose_words")
    item = models.CharField(max_length=40)
    words = models.TextField()

    def __str__(self) -> str:
        return f"words to {self.item}"


class TextsRead(models.Model):
    """How far answers that came by text have been taken in; one row."""

    after = models.BigIntegerField(default=0)
    one = models.BooleanField(default=True, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(one=True), name="texts_read_one")]

    def __str__(self) -> str:
        return f"answers by text up to {self.after}"
