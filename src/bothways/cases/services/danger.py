"""Words of danger in a case: told at once to the persons on duty, never just filed."""

from django.db import transaction

from bothways.accounts.models import User
from bothways.accounts.queries import duty_persons
from bothways.audit.services import record
from bothways.cases.models import CaseAlert, Contribution
from bothways.core import clock, jobs
from bothways.languages.meaning import read_reply


def is_danger(words: str, language: str) -> bool:
    return read_reply(words, language).danger


def alert(contribution: Contribution) -> list[User]:
    """Tell the school's persons on duty; who they are."""
    case = contribution.case
    told = duty_persons(case.district_id, case.student.school)
    for user in told:
        made, fresh = CaseAlert.objects.get_or_create(
            contribution=contribution, user=user, defaults={"at": contribution.at}
        )
        if fresh:
            jobs.enqueue("cases.tell_duty", queue=jobs.URGENT, alert_id=made.pk)
    return told


@transaction.atomic
def take_in_hand(*, alert: CaseAlert, by: User) -> None:
    """This person on duty looks after it."""
    if CaseAlert.objects.filter(pk=alert.pk, user=by, seen_at=None).update(seen_at=clock.now()):
        case = alert.contribution.case
        record("case.alert_seen", case, by=by.pk, district=case.district_id)
