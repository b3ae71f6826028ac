"""A talk between home and school when it is tense: before, during, after."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.cases.enums import How, Side
from bothways.cases.models.case import Case
from bothways.messaging.models import Message
from bothways.outreach.models import PersonContact, Task
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Talk(models.Model):
    """What each side sees, the shared aim, and what both agreed."""

    district = models.ForeignKey(
        District, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    form_key = models.CharField(max_length=40, unique=True)
    # What school saw, as a camera would; no word about what anybody is.
    school_view = models.TextField(blank=True)
    # What the family sees: asked before, in its own words.
    family_view = models.TextField(blank=True)
    family_language = models.CharField(max_length=20, blank=True)
    family_how = models.CharField(
        max_length=12, blank=True, choices=[(h.value, h.value) for h in How]
    )
    family_class = models.CharField(
        max_length=16,
        default=WordClass.FAMILY.value,
        choices=[(c.value, c.value) for c in WordClass],
    )
    aim = models.TextField(blank=True)  # what both want for the child
    who_comes = models.TextField(blank=True)  # as the family said
    needs = models.TextField(blank=True)  # an interpreter, a ride, child care, another place
    at = models.DateTimeField(null=True)  # as agreed
    place = models.CharField(max_length=200, blank=True)
    invited_at = models.DateTimeField(null=True)
    invitation = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    contact = models.ForeignKey(
        PersonContact, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_at = models.DateTimeField(null=True)
    follow_up = models.ForeignKey(Task, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        members: RelatedManager["TalkMember"]
        offers: RelatedManager["TalkOffer"]
        steps: RelatedManager["TalkStep"]
        notes: RelatedManager["TalkNote"]

    class Meta:
        indexes = [models.Index(fields=["district", "closed_at"], name="talk_district_open")]

    def __str__(self) -> str:
        return f"talk {self.pk}"


class TalkMember(models.Model):
    """Who of the school is named in it."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["talk", "user"], name="talk_member_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} in talk {self.talk_id}"


class TalkOffer(models.Model):
    """A time and place that the family may choose."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="offers", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    place = models.CharField(max_length=200)
    chosen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["talk", "number"], name="talk_offer_number")]

    def __str__(self) -> str:
        return f"offer {self.number} of talk {self.talk_id}"


class TalkStep(models.Model):
    """One thing that was agreed: who does it, by when."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="steps")
    side = models.CharField(max_length=8, choices=[(s.value, s.value) for s in Side])
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField()
    due = models.DateField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None) | Q(guardian=None), name="talk_step_has_one_owner"
            )
        ]

    def __str__(self) -> str:
        return f"step {self.pk} of talk {self.talk_id}"


class TalkNote(models.Model):
    """What somebody wrote down; ``word_class`` says who reads it."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    words = models.TextField()
    word_class = models.CharField(max_length=16, choices=[(c.value, c.value) for c in WordClass])
    form_key = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return f"note {self.pk} of talk {self.talk_id}"
