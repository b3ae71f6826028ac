"""What became of a message: how far it is, who did not get it and what comes next, and how to stop it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bothways.audit.models import Entry as Audit
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.leaving import prepare
from bothways.messaging.services.messages import Draft, send
from bothways.outreach.models import Climb
from bothways.outreach.services.climbing import open_climbs
from bothways.outreach.services.policies import policies_of
from bothways.web.staff.stages import Stage, way_of
from messaging.world import MONDAY_MORNING
from people import Cast
from web.happenings import says, to, write
from web.visiting import Visit


def _queued(cast: Cast) -> Message:
    message, _fanned = send(
        Draft(
            Purpose.TIMELY,
            Audience(),
            {"en": "We close at noon.", "es": "Cerramos al mediodía.", "ar": "نغلق ظهرًا."},
            {},
        ),
        district=cast.district,
        by=cast.admin,
    )
    return message


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"leaves_at": MONDAY_MORNING + timedelta(seconds=7)}, Stage.LEAVING),
        ({"leaves_at": MONDAY_MORNING + timedelta(days=1)}, Stage.SCHEDULED),
        ({}, Stage.REVIEW),
        ({"sent_at": MONDAY_MORNING, "waiting": 3, "digest": 1}, Stage.GOING),
        ({"sent_at": MONDAY_MORNING, "waiting": 1, "digest": 1}, Stage.DIGEST),
        ({"sent_at": MONDAY_MORNING, "withdrawn_at": MONDAY_MORNING}, Stage.WITHDRAWN),
        ({"sent_at": MONDAY_MORNING}, Stage.DONE),
    ],
)
def test_how_far_a_message_is(fields: dict[str, object], stage: Stage) -> None:
    nothing = {"sent_at": None, "leaves_at": None, "withdrawn_at": None, "waiting": 0, "digest": 0}
    way = way_of(**(nothing | fields), total=9, now=MONDAY_MORNING)  # type: ignore[arg-type]
    assert way.stage is stage


def test_the_list_says_what_leaves_later_and_what_is_out(everybody: Cast, visit: Visit) -> None:
    write(everybody, everybody.admin)
    prepare(
        Draft(Purpose.ROUTINE, Audience(), {"en": "Spring concert"}, {}),
        district=everybody.district,
        by=everybody.admin,
        leaves_at=clock.now() + timedelta(days=2),
    )
    client = visit(everybody.admin)
    page = client.get("/sent/").content.decode()
    assert "scheduled: 16 September, 9:00 AM" in page
    assert page.index("Spring concert") < page.index("Troy takes part")
    waiting = client.get("/sent/?show=waiting").content.decode()
    assert ("Spring concert" in waiting, "Troy takes part" in waiting) == (True, False)


def test_what_is_not_out_yet_can_be_stopped_and_nothing_follows(
    everybody: Cast, visit: Visit
) -> None:
    message = _queued(everybody)
    gone = Delivery.objects.filter(message=message, household=everybody.troys_home)
    gone.update(state=State.ACCEPTED.value, rank=State.ACCEPTED.rank, accepted_at=clock.now())
    open_climbs(everybody.district, policies_of(everybody.district), at=clock.now())
    client = visit(everybody.admin)
    assert "going out: 1 of" in client.get("/sent/?show=going").content.decode()
    client.post(f"/sent/{message.pk}/stop/")
    states = Delivery.objects.filter(message=message).values_list("state", flat=True)
    assert set(states) == {"accepted", "withheld"}
    assert not Climb.objects.filter(message=message, state="open").exists()
    page = client.get(f"/sent/{message.pk}/").content.decode()
    assert "withdrawn before it went out" in page


def test_a_school_cannot_stop_what_the_district_sends(everybody: Cast, visit: Visit) -> None:
    message = _queued(everybody)
    office = visit(everybody.office)
    assert office.get(f"/sent/{message.pk}/").status_code == 200
    assert office.post(f"/sent/{message.pk}/stop/").status_code == 404
    assert set(Delivery.objects.values_list("state", flat=True)) == {"queued"}


def test_those_who_did_not_see_it_are_written_to_again(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    message = write(everybody, everybody.admin)
    says(to(message, everybody.troys_home), "We will be there.")
    client = visit(everybody.admin)
    form = {"who": f"again:{message.pk}:not_seen", "purpose": "timely", "draft": "again"}
    counted = client.post("/write/count/", form).context["counted"]
    assert counted.families == 4
    answer = client.post("/write/", form | {"body-en": "Did you see it?"})
    assert "who have not seen it" in client.get(answer["Location"]).content.decode()


def test_the_file_of_those_who_did_not_get_it_is_on_the_record(
    everybody: Cast, visit: Visit
) -> None:
    message = write(everybody, everybody.admin)
    Delivery.objects.filter(message=message, household=everybody.nours_home).update(
        state=State.UNDELIVERED.value, rank=State.UNDELIVERED.rank, error="5.1.1"
    )
    answer = visit(everybody.admin).get(f"/sent/{message.pk}/not-got.csv")
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert any(row.startswith("Nour Haddad,") and "email" in row for row in rows)
    assert Audit.objects.filter(event="message.missed_exported", object_id=message.pk).count() == 1
    mine = visit(everybody.mrs_c).get(f"/sent/{message.pk}/not-got.csv")
    assert mine.status_code == 404


def test_a_name_that_looks_like_a_formula_is_words_in_the_file(
    everybody: Cast, visit: Visit
) -> None:
    everybody.nour.given = "=1+1"
    everybody.nour.save()
    message = write(everybody, everybody.admin)
    Delivery.objects.filter(message=message, household=everybody.nours_home).update(
        state=State.UNDELIVERED.value, rank=State.UNDELIVERED.rank
    )
    page = visit(everybody.admin).get(f"/sent/{message.pk}/not-got.csv").content.decode()
    assert "'=1+1 Haddad" in page


def test_progress_is_asked_again_until_all_is_out(everybody: Cast, visit: Visit) -> None:
    message = _queued(everybody)
    client = visit(everybody.admin)
    first = client.get(f"/sent/{message.pk}/progress/")
    assert ("every 3s" in first.content.decode(), "HX-Refresh" in first) == (True, False)
    Delivery.objects.filter(message=message).update(
        state=State.ACCEPTED.value, rank=State.ACCEPTED.rank, accepted_at=clock.now()
    )
    last = client.get(f"/sent/{message.pk}/progress/")
    assert last["HX-Refresh"] == "true"
