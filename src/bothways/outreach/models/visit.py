"""A visit: voluntary, in a pair, with somebody at school who notices when they are not back."""

from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.outreach.enums import Place
from bothways.outreach.models.task import Task
from bothways.schools.models import District


class Visit(models.Model):
    """Two people go somewhere for a family at a time; several for one task where nobody was there.

    ``expected_out``: when they should be back by; from the planned hour, and from check-in on from that.
    ``safety_note`` holds protected words: for the pair and for those who may read such words.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="visits", db_index=False)
    # Who went with whom stays on record: people are ended, not deleted.
    visitor = models.ForeignKey(
        User, on_delete=models.RESTRICT, related_name="visits", db_index=False
    )
    companion = models.ForeignKey(
        User, null=True, on_delete=models.RESTRICT, related_name="visits_along", db_index=False
    )
    agreed = models.BooleanField(default=False)  # the family knows, and wants it
    agreed_how = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Place])
    place_words = models.CharField(max_length=300, blank=True)
    planned_at = models.DateTimeField()
    minutes = models.SmallIntegerField()
    expected_out = models.DateTimeField()
    safety_asked = models.BooleanField(default=False)  # somebody asked what to watch for
    safety_note = models.TextField(blank=True)
    planned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_in_at = models.DateTimeField(null=True)
    checked_in_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_out_at = models.DateTimeField(null=True)
    checked_out_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    called_off_at = models.DateTimeField(null=True)
    called_off_why = models.CharField(max_length=300, blank=True)
    alarm_at = models.DateTimeField(null=True)  # nobody had checked out by then
    told_at = models.DateTimeField(null=True)  # when people were last told

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(checked_out_at=None, called_off_at=None),
                name="visit_one_at_a_time",
            ),
            # Nobody goes alone: the database does not let them start.
            models.CheckConstraint(
                condition=Q(checked_in_at=None) | Q(companion__isnull=False),
                name="visit_in_a_pair",
            ),
            models.CheckConstraint(
                condition=Q(companion=None) | ~Q(companion=F("visitor")), name="visit_two_people"
            ),
            models.CheckConstraint(
                condition=Q(checked_out_at=None)
                | Q(checked_in_at__isnull=False, checked_in_at__lte=F("checked_out_at")),
                name="visit_out_after_in",
            ),
            models.CheckConstraint(
                condition=Q(called_off_at=None) | Q(checked_in_at=None),
                name="visit_called_off_before_it_began",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expected_out"],
                condition=Q(checked_in_at__isnull=False, checked_out_at=None),
                name="visit_under_way",
            ),
            models.Index(fields=["task", "-id"], name="visit_task"),
            models.Index(fields=["companion"], name="visit_companion"),
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class VisitAlarm(models.Model):
    """Nobody checked out of a visit, and this person was told; stands on their pages until somebody does."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="alarms")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="visit_alarms")
    at = models.DateTimeField()
    times = models.SmallIntegerField(default=0)  # how often a text or mail to them was taken

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "user"], name="visit_alarm_once")]

    def __str__(self) -> str:
        return f"alarm of visit {self.visit_id}"
