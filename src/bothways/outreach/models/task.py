"""What a person is to do for a family, by when, and whose it is."""

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.outreach.enums import TaskKind, TaskState
from bothways.outreach.models.contact import PersonContact
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District, School


class Task(models.Model):
    """One step for a person: a call, a visit, something to hand over, something to find out.

    The climb opens one at a time for a family (``automatic``); people open as many as they like.
    Closed by an outcome (``contact``), because evidence came another way, or by a named person's decision.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL, db_index=False)
    student = models.ForeignKey(Student, null=True, on_delete=models.SET_NULL)  # whom it is about
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL)  # whom to ask for
    kind = models.CharField(max_length=16, choices=[(k.value, k.label) for k in TaskKind])
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    role = models.CharField(max_length=16)  # whose it is by kind: teacher, office, principal
    due = models.DateField()
    not_before = models.DateTimeField(null=True)  # “again tomorrow evening”
    interpreter = models.CharField(max_length=20, blank=True)  # the language; "" if none is needed
    why = models.CharField(max_length=300, blank=True)  # for staff, in one sentence
    automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=TaskState.OPEN.value)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_why = models.CharField(max_length=300, blank=True)
    contact = models.ForeignKey(
        PersonContact, null=True, on_delete=models.SET_NULL, related_name="tasks"
    )

    class Meta:
        constraints = [
            # However many messages climb: a family is asked once, about all of them.
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(state="open", automatic=True),
                name="task_automatic_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["district", "owner", "due"], condition=Q(state="open"), name="task_open"
            ),
            models.Index(fields=["household", "-id"], name="task_household"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"
