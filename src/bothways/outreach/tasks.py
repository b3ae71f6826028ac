"""Background work of outreach."""

from django.conf import settings

from bothways.core import clock, jobs
from bothways.messaging.services.telling import tell
from bothways.outreach.models import VisitAlarm
from bothways.outreach.services import climbing, plans, visits
from bothways.outreach.services import tasks as steps
from bothways.schools.models import District


@jobs.every_minute("outreach.advance")
def advance() -> None:
    """Let every climb go on that is due by the school’s clock."""
    now = clock.now()
    for district in District.objects.order_by("pk"):
        climbing.advance(district, at=now)


@jobs.every_minute("outreach.mind")
def mind() -> None:
    """Find what is due for people by the school’s clock: pairs not back, pauses that end, the next step."""
    now = clock.now()
    visits.mind_visits(now)
    for district in District.objects.order_by("pk"):
        # Before steps are sought a home one by one: what is carried along brings them, too.
        climbing.follow_homes(district, at=now)
    steps.follow_families()
    plans.wake_due(now)
    plans.tend()


@jobs.task("outreach.tell_visit_alarm")
def tell_visit_alarm(*, alarm_id: int) -> None:
    """Tell this person that nobody is back from a visit; no family's name goes out."""
    alarm = (
        VisitAlarm.objects.select_related("user", "visit__visitor", "visit__companion")
        .select_related("visit__district")
        .filter(pk=alarm_id)
        .first()
    )
    if alarm is None or alarm.visit.checked_out_at is not None:
        return
    visit = alarm.visit
    until = visit.expected_out.astimezone(visit.district.zone)
    pair = [visit.visitor.name, *([visit.companion.name] if visit.companion else [])]
    words = (
        f"{' and '.join(pair)} went on a visit and should have been back by {until:%H:%M}. Nobody has "
        f"checked out. Call them now: {settings.PUBLIC_URL}/visits/{visit.pk}/"
    )
    told = tell(
        alarm.user,
        key=f"visit-{alarm.pk}-{alarm.times}",
        words=words,
        subject="Nobody is back from a visit",
        district=visit.district,
    )
    if not told:
        # Tried again; and told anew in a quarter of an hour. It stands on top of every page anyway.
        raise RuntimeError(f"visit alarm {alarm.pk} could not be told")
    alarm.times += 1
    alarm.save(update_fields=["times"])
