"""Who interprets, in which languages and when; and what they are booked for."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField
from django.db import models
from django.db.models import F, Func, Q, Value

from bothways.accounts.models import User
from bothways.interpreters.enums import TAKEN, BookingState, Occasion, Part
from bothways.people.models import Household
from bothways.schools.models import District, School

# Minutes since 1970 stay below this for eight thousand years: each person has a stretch of numbers of their
# own, so that one range tells who and when, and no extension of the database is needed to compare both.
_STRETCH = 2**32


class Interpreter(models.Model):
    """An adult who interprets or speaks for a community: a colleague, or somebody from outside."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, on_delete=models.CASCADE)  # null: for all schools
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="interprets")
    name = models.CharField(max_length=200, blank=True)  # of somebody without an account
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    part = models.CharField(max_length=16, default=Part.INTERPRETER.value)
    training = models.CharField(max_length=200, blank=True)
    agreement_on = models.DateField(null=True)  # when we last saw what they signed
    # Who saw that this is an adult and no student, and when: nobody interprets without.
    checked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField()
    travel = models.SmallIntegerField(default=15)  # minutes, one way
    ends_on = models.DateField(null=True)  # the last day
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "user"], name="interpreter_once"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(name=""), name="interpreter_named"
            ),
            models.CheckConstraint(condition=Q(travel__range=(0, 180)), name="interpreter_travel"),
        ]

    def __str__(self) -> str:
        return self.called

    @property
    def called(self) -> str:
        """The name that people know."""
        return self.user.name if self.user is not None else self.name


class Tongue(models.Model):
    """Two languages between which somebody interprets, in both directions."""

    interpreter = models.ForeignKey(
        Interpreter, on_delete=models.CASCADE, related_name="tongues", db_index=False
    )
    language = models.CharField(max_length=20)
    other = models.CharField(max_length=20, default="en")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["interpreter", "language", "other"], name="tongue_once"
            ),
            models.CheckConstraint(
                condition=~Q(language=F("other")), name="tongue_of_two_languages"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language}-{self.other}"


class InterpreterHours(models.Model):
    """Somebody can on this weekday between these times; without any row at any time, if asked."""

    interpreter = models.ForeignKey(
        Interpreter, on_delete=models.CASCADE, related_name="hours", db_index=False
    )
    weekday = models.SmallIntegerField()  # Monday is 0
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["interpreter", "weekday", "starts"], name="interpreter_hours_once"
            ),
            models.CheckConstraint(
                condition=Q(weekday__range=(0, 6)), name="interpreter_hours_weekday"
            ),
            models.CheckConstraint(
                condition=Q(starts__lt=F("ends")), name="interpreter_hours_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interpreter_id} on {self.weekday}"


class Booking(models.Model):
    """Somebody is asked to interpret for a family, or at a place, at a time."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    interpreter = models.ForeignKey(Interpreter, on_delete=models.CASCADE, related_name="bookings")
    language = models.CharField(max_length=20)
    other = models.CharField(max_length=20, default="en")
    occasion = models.CharField(max_length=16, choices=[(o.value, o.value) for o in Occasion])
    household = models.ForeignKey(Household, null=True, on_delete=models.CASCADE)
    asked_from = models.CharField(max_length=16, blank=True)
    asked_id = models.BigIntegerField(null=True)  # of the task or conversation: a plain id
    place = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # rules.busy: the minutes since 1970 that it takes, with getting there and back.
    busy_from = models.BigIntegerField()
    busy_to = models.BigIntegerField()
    state = models.CharField(
        max_length=12,
        default=BookingState.ASKED.value,
        choices=[(s.value, s.value) for s in BookingState],
    )
    words = models.CharField(max_length=300, blank=True)  # to the interpreter; no child's name
    why = models.CharField(max_length=300, blank=True)  # it was declined or cancelled
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="booking_forward"),
            models.CheckConstraint(
                condition=Q(busy_from__lt=F("busy_to"))
                & Q(busy_from__gte=0)
                & Q(busy_to__lt=_STRETCH),
                name="booking_busy",
            ),
            ExclusionConstraint(
                name="booking_alone",
                expressions=[
                    (
                        Func(
                            F("interpreter_id") * Value(_STRETCH) + F("busy_from"),
                            F("interpreter_id") * Value(_STRETCH) + F("busy_to"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "&&",
                    )
                ],
                condition=Q(state__in=[s.value for s in TAKEN]),
            ),
        ]
        indexes = [
            models.Index(fields=["district", "starts_at"], name="booking_day"),
            models.Index(fields=["asked_from", "asked_id"], name="booking_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} booking {self.pk}"
