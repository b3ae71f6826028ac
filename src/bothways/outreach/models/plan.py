"""A plan for a family hard to reach: what was tried and learned, whom they trust, and always what is next."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.outreach.enums import NoteKind, PlanState
from bothways.outreach.models.task import Task
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Household, Student
from bothways.schools.models import District


class FamilyPlan(models.Model):
    """One for a family. There is always a next step; a pause has a date, a reason and a reviewer besides."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.OneToOneField(Household, on_delete=models.CASCADE, related_name="plan")
    state = models.CharField(max_length=10, default=PlanState.OPEN.value)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    next_task = models.ForeignKey(Task, null=True, on_delete=models.RESTRICT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    paused_until = models.DateField(null=True)
    paused_why = models.CharField(max_length=300, blank=True)
    # A named person: kept for as long as the plan waits for them.
    reviewer = models.ForeignKey(User, null=True, on_delete=models.RESTRICT, related_name="+")
    closed_at = models.DateTimeField(null=True)  # when they were in contact

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in PlanState]),
                name="plan_never_given_up",
            ),
            models.CheckConstraint(
                condition=Q(state="in_contact") | Q(next_task__isnull=False),
                name="plan_has_next_step",
            ),
            models.CheckConstraint(
                condition=~Q(state="paused")
                | (Q(paused_until__isnull=False, reviewer__isnull=False) & ~Q(paused_why="")),
                name="plan_paused_until_because_reviewed_by",
            ),
        ]
        indexes = [models.Index(fields=["district", "state"], name="plan_state")]

    def __str__(self) -> str:
        return f"plan for {self.household_id}"


class PlanNote(models.Model):
    """What was tried or learned, by whom; what a student suggests is never shown to the family."""

    plan = models.ForeignKey(FamilyPlan, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in NoteKind])
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    student = models.ForeignKey(Student, null=True, on_delete=models.SET_NULL)  # who suggested it
    words = models.TextField()
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="student") | Q(word_class__in=["student_voice", "protected"]),
                name="plan_note_students_words",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class GoBetween(models.Model):
    """Somebody whom the family trusts: a neighbour, an aunt, a pastor.

    They are told nothing about a child but what a member of staff decided (``may_say``, ``decided_by``).
    """

    plan = models.ForeignKey(FamilyPlan, on_delete=models.CASCADE, related_name="go_betweens")
    contact = models.ForeignKey(ContactPerson, null=True, on_delete=models.SET_NULL)
    name = models.CharField(max_length=200)
    how = models.CharField(max_length=300, blank=True)  # who they are, and how to find them
    may_say = models.CharField(max_length=500)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"go-between {self.pk}"
