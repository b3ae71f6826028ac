"""A case, its members, and what happened in it."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from bothways.accounts.models import User
from bothways.cases.enums import Consent, Ended, Event, Part, Stage
from bothways.people.models import Guardian, Student
from bothways.schools.models import District

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from bothways.cases.models.data import Measure
    from bothways.cases.models.plan import Plan
    from bothways.cases.models.words import Asking, Contribution


class Case(models.Model):
    """One thing about one student that home and school solve together."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="cases")
    title = models.CharField(max_length=200)  # as the family may read it
    language = models.CharField(max_length=20)  # in which title, definition and plans are written
    stage = models.CharField(
        max_length=12, default=Stage.SEES.value, choices=[(s.value, s.value) for s in Stage]
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    form_key = models.CharField(max_length=40, unique=True)  # a form sent twice opens one case
    consent = models.CharField(
        max_length=12,
        default=Consent.NOT_ASKED.value,
        choices=[(c.value, c.value) for c in Consent],
    )
    consent_at = models.DateTimeField(null=True)
    consent_how = models.CharField(max_length=12, blank=True)
    consent_by = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="+")
    # What a camera would see; agreed by each side, and a changed word asks both again.
    definition = models.TextField(blank=True)
    said_in = models.JSONField(default=dict)  # {language: {"title": …, "definition": …}}
    home_agreed_at = models.DateTimeField(null=True)
    school_agreed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(
        max_length=12, blank=True, choices=[(e.value, e.value) for e in Ended]
    )
    closed_words = models.TextField(blank=True)

    if TYPE_CHECKING:
        members: RelatedManager["Member"]
        events: RelatedManager["CaseEvent"]
        contributions: RelatedManager["Contribution"]
        askings: RelatedManager["Asking"]
        plans: RelatedManager["Plan"]
        measures: RelatedManager["Measure"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_why="")
                | (Q(closed_at__isnull=False) & ~Q(closed_why="")),
                name="case_closed_says_why",
            )
        ]
        indexes = [models.Index(fields=["district", "closed_at"], name="case_district_open")]

    def __str__(self) -> str:
        return f"case {self.pk}"

    def title_in(self, tag: str) -> str:
        return str(self.said_in.get(tag, {}).get("title") or self.title)

    def definition_in(self, tag: str) -> str:
        return str(self.said_in.get(tag, {}).get("definition") or self.definition)


class Member(models.Model):
    """Somebody who works on it: nobody else sees anything of it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="members", db_index=False)
    part = models.CharField(max_length=12, choices=[(p.value, p.value) for p in Part])
    user = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="case_memberships"
    )
    guardian = models.ForeignKey(
        Guardian, null=True, on_delete=models.CASCADE, related_name="case_memberships"
    )
    student = models.ForeignKey(
        Student, null=True, on_delete=models.CASCADE, related_name="case_memberships"
    )
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # when they last opened it: what is new since

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(user__isnull=False, guardian=None, student=None)
                    & ~Q(part__in=[Part.FAMILY.value, Part.STUDENT.value])
                )
                | Q(user=None, guardian__isnull=False, student=None, part=Part.FAMILY.value)
                | Q(user=None, guardian=None, student__isnull=False, part=Part.STUDENT.value),
                name="case_member_is_one_person",
            ),
            models.UniqueConstraint(fields=["case", "user"], name="case_user_once"),
            models.UniqueConstraint(fields=["case", "guardian"], name="case_guardian_once"),
            models.UniqueConstraint(fields=["case", "student"], name="case_student_once"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(part=Part.LEAD.value, left_at=None),
                name="case_one_lead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} of case {self.case_id}"

    @property
    def person(self) -> User | Guardian | Student:
        found = self.user or self.guardian or self.student
        assert found is not None  # the database's own promise
        return found

    @property
    def name(self) -> str:
        return self.person.name


class CaseEvent(models.Model):
    """One dated line of what happened; never anybody's confidential words."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Event])
    at = models.DateTimeField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL, related_name="+")
    before = models.CharField(max_length=12, blank=True)  # the stage that was left
    after = models.CharField(max_length=12, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="case_event_order")]

    def __str__(self) -> str:
        return f"{self.kind} in case {self.case_id}"
