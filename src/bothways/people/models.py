"""People and standing.

Only a live guardian–student *link* gives an adult anything about a child. A household is an address for
paper and a unit of counting, never a right. ``roster`` holds what the last roster said, ``local`` what people
here corrected; the plain columns hold what counts (local before roster).
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from bothways.accounts.enums import PERMISSIONS, Permission, Role
from bothways.accounts.models import User
from bothways.people.enums import (
    PhoneKind,
    PointKind,
    PointState,
    RestrictionKind,
    SaidBy,
    Source,
)
from bothways.schools.models import District, School, Section

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class FromRoster(models.Model):
    """What a roster row and a local correction have in common.

    Keys that begin another index of their table have none of their own: imports write them all.
    """

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    sis_id = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: made here, not by a roster
    roster = models.JSONField(default=dict)
    local = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class StudentQuerySet(models.QuerySet["Student"]):
    def live(self) -> "StudentQuerySet":
        return self.filter(ended_at=None)

    def visible_to(self, user: User, permission: Permission | None = None) -> "StudentQuerySet":
        """The children this user serves: all, those of a school, of one's sections or one's case load.

        With a permission: those whom a role that allows it serves.
        """
        if user.district_id is None or not user.is_active:
            return self.none()
        mine = self.filter(district_id=user.district_id)
        if user.serves_district(permission):
            return mine
        served = Q(school__in=user.whole_schools(permission))
        if permission is None or permission in PERMISSIONS[Role.TEACHER]:
            served |= Q(pk__in=_once(user, "taught", _taught(user)))
        schools = user.case_load_schools(permission)
        if schools != []:
            assigned = Q(pk__in=_once(user, "assigned", _assigned(user)))
            # Assigned at a school where the role has ended, or that the child has left: closed.
            served |= assigned if schools is None else assigned & Q(school__in=schools)
        return mine.filter(served)


def _taught(user: User) -> "models.QuerySet[Enrollment, int]":
    return Enrollment.objects.filter(
        ended_at=None,
        section__ended_at=None,
        section__teaching__user=user,
        section__teaching__ended_at=None,
    ).values_list("student_id", flat=True)


def _assigned(user: User) -> "models.QuerySet[CaseLoad, int]":
    return CaseLoad.objects.filter(user=user).values_list("student_id", flat=True)


def _once(
    user: User, name: str, children: "models.QuerySet[Any, int]"
) -> "models.QuerySet[Any, int] | list[int]":
    """On a page the ids, read once: a class or a case load stands in many of its statements."""
    return user.once(name, lambda: list(children)) if user.on_a_page else children


class Student(FromRoster):
    given = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=200, blank=True)
    preferred = models.CharField(max_length=200, blank=True)  # the given name in use, where another
    birth_date = models.DateField(null=True)
    grade = models.CharField(max_length=40, blank=True)
    school = models.ForeignKey(
        School, null=True, on_delete=models.SET_NULL, related_name="students"
    )
    home_language = models.CharField(max_length=20, blank=True)
    search = models.TextField(blank=True)  # folded names
    # At 18 a student's rights are the student's own; this says that the guardians may go on reading.
    shares_with_guardians = models.BooleanField(default=False)

    objects = StudentQuerySet.as_manager()
    if TYPE_CHECKING:
        links: RelatedManager["Link"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="student_once")]
        indexes = [models.Index(fields=["district", "school"], name="student_school")]

    def __str__(self) -> str:
        return self.name

    @property
    def called(self) -> str:
        """The given name in use."""
        return self.preferred or self.given

    @property
    def name(self) -> str:
        return f"{self.called} {self.family}".strip() or "A student without a name"


class Household(models.Model):
    """A family as it is counted: guardians and children at one home; or one student without guardian."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        guardians: RelatedManager["Guardian"]
        children: RelatedManager["HouseholdStudent"]

    class Meta:
        indexes = [models.Index(fields=["district", "ended_at"], name="household_live")]

    def __str__(self) -> str:
        return f"household {self.pk}"


class HouseholdStudent(models.Model):
    """This child has this home; a child of separated parents has two."""

    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="children", db_index=False
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="homes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "student"], name="household_student_once")
        ]

    def __str__(self) -> str:
        return f"{self.student_id} at {self.household_id}"


class Guardian(FromRoster):
    given = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=200, blank=True)
    speaks = models.CharField(max_length=20, blank=True)  # BCP 47; empty: not known
    reads = models.CharField(max_length=20, blank=True)
    can_read = models.BooleanField(null=True)  # False: words must be spoken
    # Wants somebody to interpret when they talk with the school; null: nobody asked.
    wants_interpreter = models.BooleanField(null=True)
    address_hidden = models.BooleanField(default=False)  # this home is never shown or printed
    household = models.ForeignKey(
        Household, null=True, on_delete=models.SET_NULL, related_name="guardians"
    )
    search = models.TextField(blank=True)
    # The same person under another row, as somebody decided: this one has ended, and the roster's rows
    # of its id are read as the other's.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="merged_rows", db_index=False
    )

    if TYPE_CHECKING:
        links: RelatedManager["Link"]
        points: RelatedManager["ContactPoint"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="guardian_once")]
        indexes = [
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="guardian_merged_into",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip() or "A guardian without a name"


class Link(models.Model):
    """An adult's standing for a child. Ending it keeps it; coming back revives the same row."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    guardian = models.ForeignKey(
        Guardian, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    relation = models.CharField(max_length=60, blank=True)
    lives_with = models.BooleanField(null=True)
    primary_contact = models.BooleanField(default=False)
    priority = models.SmallIntegerField(null=True)
    legal_guardian = models.BooleanField(null=True)
    emergency_contact = models.BooleanField(null=True)
    # Local: people here decided about this row; no roster ends it, or revives it once they ended it.
    source = models.CharField(max_length=10, default=Source.ROSTER.value)
    roster = models.JSONField(default=dict)
    local = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        restrictions: RelatedManager["Restriction"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "guardian"], name="link_once")]
        indexes = [models.Index(fields=["guardian"], name="link_guardian")]

    def __str__(self) -> str:
        return f"{self.guardian_id} for {self.student_id}"


class Restriction(models.Model):
    """A court order or safety block on one link. It ends by its date or by a person, never by a roster."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="restrictions")
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in RestrictionKind])
    starts_on = models.DateField(null=True)  # null: always was
    ends_on = models.DateField(null=True)  # the last day on which it holds; null: no end
    document = models.TextField(blank=True)  # which paper says so; protected words
    source = models.CharField(max_length=10, default=Source.LOCAL.value)
    needs_review = models.BooleanField(
        default=False
    )  # could not be read: blocks until a person looked
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None)
                | Q(starts_on=None)
                | Q(ends_on__gte=models.F("starts_on")),
                name="restriction_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["link", "kind", "starts_on", "ends_on", "source"],
                name="restriction_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on link {self.link_id}"


class ContactPoint(models.Model):
    """One address of one guardian. Whether it works is what evidence says, not what a column is called."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    guardian = models.ForeignKey(
        Guardian, on_delete=models.CASCADE, related_name="points", db_index=False
    )
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in PointKind])
    address = models.CharField(max_length=500)  # E.164, lower-case email, or address lines
    match = models.CharField(
        max_length=500
    )  # for comparing; the address itself but for postal ones
    phone_kind = models.CharField(max_length=10, default=PhoneKind.UNKNOWN.value)
    # The roster's column said it takes texts: evidence outranks it, and the next import keeps evidence.
    said_mobile = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=PointState.UNKNOWN.value)
    state_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=100, blank=True)  # short code behind the state
    position = models.SmallIntegerField(default=0)  # the guardian's own order
    # How likely it leads to a sign, in percent, where this family's own experience says so; outreach counts.
    likely = models.SmallIntegerField(null=True)
    # Local: as in Link; the roster's address of the same person stands beside it.
    source = models.CharField(max_length=10, default=Source.ROSTER.value)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guardian", "kind", "match"], name="point_once")
        ]
        indexes = [models.Index(fields=["kind", "match"], name="point_match")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ContactPerson(models.Model):
    """A doctor, aide, neighbour, emergency contact: told nothing about the child unless staff decide."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="contact_people")
    sis_id = models.CharField(max_length=200)
    name = models.CharField(max_length=400)
    relation = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=320, blank=True)
    roster = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "sis_id"], name="contact_person_once")
        ]

    def __str__(self) -> str:
        return self.name


class Enrollment(models.Model):
    """This student sits in this section."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    # Millions of rows: the constraint's index and the one below serve both keys, more would slow imports.
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="enrollments", db_index=False
    )
    section = models.ForeignKey(
        Section, on_delete=models.CASCADE, related_name="enrollments", db_index=False
    )
    sis_id = models.CharField(max_length=200, blank=True)  # by which a partial roster ends it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "section"], name="enrollment_once")
        ]
        indexes = [models.Index(fields=["section"], name="enrollment_section")]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.section_id}"


class CaseLoad(models.Model):
    """This child is assigned to this counselor, social worker or family liaison."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="case_load")
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="case_load", db_index=False
    )
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "user"], name="case_load_once")]

    def __str__(self) -> str:
        return f"{self.student_id} assigned to {self.user_id}"


class PossiblySame(models.Model):
    """Two rows that may be one person: for a person to decide."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    one = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=100)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    same = models.BooleanField(null=True)  # what was decided

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="possibly_same_once")]

    def __str__(self) -> str:
        return f"{self.one_id} ~ {self.other_id}"


class Merge(models.Model):
    """Two rows that somebody decided are one person. It can be undone: the journal says what moved."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    kept = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="merges")
    away = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    words = models.TextField(blank=True)  # why they are one; protected, since orders may be named
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    journal = models.JSONField(default=list)  # people.merging writes and reads it
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["away"], condition=Q(undone_at=None), name="merged_away_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.away_id} is {self.kept_id}"


class PointChange(models.Model):
    """A change of somebody's number or address: proposed, then confirmed or refused. Who said so is kept."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="changes")
    point = models.ForeignKey(
        ContactPoint, null=True, on_delete=models.SET_NULL, related_name="+"
    )  # the one that is not right any more
    kind = models.CharField(max_length=10)
    old = models.CharField(max_length=500, blank=True)  # "": one more
    new = models.CharField(max_length=500, blank=True)  # "": only not right any more
    said_by = models.CharField(max_length=10, choices=[(s.value, s.value) for s in SaidBy])
    how = models.CharField(max_length=10)  # ChangeHow
    at = models.DateTimeField()
    entered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    # Null with a moment: confirmed by a code that went to a point of theirs.
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    refused_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when the old points were told
    form = models.CharField(max_length=40, blank=True)  # one form may say several things

    class Meta:
        indexes = [
            models.Index(
                fields=["district", "at"],
                condition=Q(confirmed_at=None, refused_at=None),
                name="point_change_open",
            ),
            models.Index(fields=["form"], condition=~Q(form=""), name="point_change_form"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} change {self.pk}"


class ContactProof(models.Model):
    """A code that went to a working point of somebody: typed back, it proves a form of theirs."""

    form = models.CharField(max_length=40, primary_key=True)  # of PointChange
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    point = models.ForeignKey(ContactPoint, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    # Real time, as all that guards a door.
    made_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"proof to point {self.point_id}"


class PointAsked(models.Model):
    """That a family was asked about a point that fails; once, until it works again or is gone."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    point = models.ForeignKey(ContactPoint, on_delete=models.CASCADE, related_name="asked")
    at = models.DateTimeField()
    way = models.CharField(max_length=12)  # the channel by which it was asked
    mended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["point"], condition=Q(mended_at=None), name="point_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"asked about point {self.point_id}"
