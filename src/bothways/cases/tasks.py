"""Background work of cases."""

from bothways.cases.models import CaseAlert, GoalAlarm
from bothways.cases.services import asking, goal_asking, talks
from bothways.core import clock, jobs
from bothways.messaging.services.telling import tell


@jobs.every_minute("cases.ask")
def ask() -> None:
    """Ask home for the day's numbers, and take in what families answered."""
    asking.take_in()
    asking.ask_due(at=clock.now())


@jobs.task("cases.tell_duty", queue=jobs.URGENT, tries=8)
def tell_duty(*, alert_id: int) -> None:
    """Tell a person on duty of words of danger in a case; not the words. Raises where no carrier takes it."""
    alert = (
        CaseAlert.objects.select_related("user", "contribution__case__district")
        .filter(pk=alert_id, told_at=None)
        .first()
    )
    if alert is None:
        return
    words = (
        "Words of danger were written down in a case. Sign in to Bothways: they stand on your first page. "
        "Look now."
    )
    district = alert.contribution.case.district
    if not tell(
        alert.user,
        key=f"case-alert-{alert.pk}",
        words=words,
        subject="Words of danger",
        district=district,
    ):
        raise RuntimeError(f"alert {alert.pk} of a case could not be told")
    CaseAlert.objects.filter(pk=alert.pk).update(told_at=clock.now())


@jobs.every_minute("cases.ask_goals")
def ask_goals() -> None:
    """Ask families how a goal goes, and take in their numbers and the times that they chose."""
    goal_asking.take_in_goals()
    talks.take_in_choices()
    goal_asking.ask_goals(at=clock.now())


@jobs.task("cases.tell_goal_alarm", queue=jobs.URGENT, tries=8)
def tell_goal_alarm(*, alarm_id: int) -> None:
    """Tell a person on duty that a student wrote words of danger; not the words."""
    alarm = (
        GoalAlarm.objects.select_related("user", "student__district")
        .filter(pk=alarm_id, told_at=None)
        .first()
    )
    if alarm is None:
        return
    words = (
        "A student wrote words of danger on their own page. Sign in to Bothways and open Goals: "
        "they stand on top. Look now."
    )
    if not tell(
        alarm.user,
        key=f"goal-alarm-{alarm.pk}",
        words=words,
        subject="Words of danger",
        district=alarm.student.district,
    ):
        raise RuntimeError(f"alarm {alarm.pk} of a goal could not be told")
    GoalAlarm.objects.filter(pk=alarm.pk).update(told_at=clock.now())
