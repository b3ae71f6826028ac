"""Today says in words who waits for whom, and lets it be done on the spot."""

from datetime import timedelta

import pytest
from django.test import Client

from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Meaning, State
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.outreach.models import Away
from people import Cast, district, guardian, home, staff, student
from web import steps
from web.happenings import happened, says, to, write
from web.visiting import Visit

HTMX = {"HX-Request": "true"}


def _page(client: Client, path: str = "/") -> str:
    return client.get(path).content.decode()


def _main(client: Client) -> str:
    return _page(client).split("<main")[1]


def test_the_heading_counts_the_families_who_wait(everybody: Cast, visit: Visit) -> None:
    happened(everybody)
    steps.step(
        everybody
    )  # of Emily’s family, who wrote words of danger and wait for an answer, too
    page = _main(visit(everybody.mrs_c))
    assert "<h1>Two families are waiting for you</h1>" in page
    assert "Two have written and have no answer yet." in page


def test_a_family_in_two_lists_is_counted_once(everybody: Cast, visit: Visit) -> None:
    steps.step(everybody)
    answer = visit(everybody.mrs_c).get("/")
    assert (answer.context["work"].families, answer.context["work"].due_count) == (1, 1)


def test_who_waits_longest_stands_first(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    Conversation.objects.filter(pk=did.talk.pk).update(
        waiting_since=clock.now() - timedelta(hours=30)
    )
    answer = visit(everybody.mrs_c).get("/")
    assert answer.context["work"].owed[0].talk == did.talk
    assert 'class="tag late">waiting for 30 hours' in answer.content.decode()


def test_an_answer_in_place_comes_back_as_a_row_and_a_heading(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    client = visit(everybody.mrs_c)
    form = {"words": "Let us put it into the bag together.", "form_key": "k1"}
    answers = [client.post(f"/today/answers/{did.talk.pk}/", form, headers=HTMX) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    page = answers[0].content.decode()
    assert "Your answer is on its way." in page
    assert 'data-hx-swap-oob="true"' in page
    assert "One family is waiting for you" in page
    assert "<html" not in page
    assert did.talk.entries.filter(from_family=False).count() == 1


def test_the_same_answer_without_script_comes_back_to_the_page(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    client = visit(everybody.mrs_c)
    answer = client.post(
        f"/today/answers/{did.talk.pk}/",
        {"words": "Let us put it into the bag together.", "form_key": "k1"},
        follow=True,
    )
    assert answer.redirect_chain == [("/", 302)]
    assert "Your answer is on its way." in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_answer_that_cannot_go_out_keeps_its_words(
    everybody: Cast, visit: Visit, headers: dict[str, str]
) -> None:
    did = happened(everybody)
    match = everybody.alician.points.get(kind="phone").match
    stop(district=everybody.district, kind="phone", match=match, by=Stop.By.OURS, at=clock.now())
    answer = visit(everybody.mrs_c).post(
        f"/today/answers/{did.talk.pk}/",
        {"words": "Good <b>morning</b>", "form_key": "k1"},
        headers=headers,
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This address may not be used any more" in page
    assert "Good &lt;b&gt;morning&lt;/b&gt;</textarea>" in page
    assert ("<html" in page) == (not headers)


def test_two_at_once_the_second_is_told(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    client = visit(everybody.mrs_c)
    client.post(f"/inbox/{did.talk.pk}/settled/")
    answer = client.post(f"/today/answers/{did.talk.pk}/", {"form_key": "k2"}, headers=HTMX)
    assert "This is answered already." in answer.content.decode()


def test_a_sign_in_that_ended_reloads_the_page_and_puts_no_form_into_a_row(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    answer = visit(None).post(f"/today/answers/{did.talk.pk}/", {"words": "Hello"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (401, "true", b"")


def test_words_in_another_language_are_answered_where_they_can_be_translated(
    everybody: Cast, visit: Visit
) -> None:
    message = write(everybody, everybody.mrs_c, Audience(households=(everybody.nours_home.pk,)))
    says(to(message, everybody.nours_home), "هل يمكن أن نلتقي يوم الخميس مساءً؟")
    (one,) = visit(everybody.mrs_c).get("/").context["work"].owed
    assert (one.in_place, one.reading.language) == (False, "ar")


def test_protected_words_stand_here_for_nobody_who_was_not_told(
    everybody: Cast, visit: Visit
) -> None:
    happened(everybody)
    assert "has a gun" not in _page(visit(everybody.mrs_c))
    assert "Protected words: only named staff read them." in _page(visit(everybody.mrs_c))


def test_a_stand_in_sees_what_the_colleague_owes(everybody: Cast, visit: Visit) -> None:
    happened(everybody)
    today = clock.today(everybody.district.timezone)
    before = visit(everybody.counselor).get("/").context["work"].owed_count
    Away.objects.create(
        district=everybody.district,
        user=everybody.mrs_c,
        stand_in=everybody.counselor,
        first=today,
        last=today,
    )
    answer = visit(everybody.counselor).get("/")
    assert (before, answer.context["work"].owed_count) == (0, 2)
    assert "for Clara Staff, who is away" in answer.content.decode()


def test_a_step_for_next_week_is_not_due_today(everybody: Cast, visit: Visit) -> None:
    task = steps.step(everybody)
    task.due = clock.today(everybody.district.timezone) + timedelta(days=7)
    task.save()
    assert visit(everybody.mrs_c).get("/").context["work"].due == []


def test_a_visit_of_today_stands_once_with_its_hour(everybody: Cast, visit: Visit) -> None:
    going = steps.going(everybody)
    work = visit(going.visitor).get("/").context["work"]
    assert [one.visit for one in work.visits] == [going]
    assert going.task_id not in [one.task.pk for one in work.due]
    assert work.families == 1


@pytest.mark.parametrize(("what", "state"), [("again", State.QUEUED), ("leave", State.UNDELIVERED)])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_unclear_is_decided_here(
    everybody: Cast, visit: Visit, what: str, state: State, headers: dict[str, str]
) -> None:
    did = happened(everybody)
    client = visit(everybody.mrs_c)
    assert "We do not know whether it went out to 1 family" in _page(client)
    answer = client.post(f"/today/unclear/{did.message.pk}/", {"what": what}, headers=headers)
    did.held.refresh_from_db()
    assert (did.held.state, answer.status_code) == (state.value, 200 if headers else 302)
    assert "We do not know whether" not in _page(client)


def test_a_carrier_that_takes_nothing_is_told_to_whoever_sets_it_up(
    everybody: Cast, visit: Visit
) -> None:
    did = happened(everybody)
    long_ago = clock.now() - timedelta(hours=2)
    Delivery.objects.filter(pk=did.held.pk).update(
        state=State.QUEUED.value, rank=State.QUEUED.rank, not_before=long_ago, created_at=long_ago
    )
    stuck = visit(everybody.admin).get("/").context["work"].stuck
    assert [(one.channel, one.waiting, one.since) for one in stuck] == [
        (did.held.channel, 1, long_ago)
    ]
    assert visit(everybody.mrs_c).get("/").context["work"].stuck == []


def test_what_waits_for_its_hour_is_not_stuck(everybody: Cast, visit: Visit) -> None:
    did = happened(everybody)
    Delivery.objects.filter(pk=did.held.pk).update(
        state=State.QUEUED.value,
        rank=State.QUEUED.rank,
        not_before=clock.now() + timedelta(hours=2),
        created_at=clock.now() - timedelta(hours=9),
    )
    assert visit(everybody.admin).get("/").context["work"].stuck == []


def test_figures_are_of_the_families_one_serves(everybody: Cast, visit: Visit) -> None:
    message = write(everybody, None)
    says(to(message, everybody.nours_home), button=Meaning.ACKNOWLEDGED)
    page = _main(visit(everybody.mrs_c))
    assert "Your classes this term" in page
    assert "1 of 5" in page
    elsewhere = visit(everybody.teacher_elsewhere).get("/").context["figures"]
    assert (elsewhere.reached, elsewhere.families) == (0, 1)


def test_who_stands_above_is_not_listed_again(everybody: Cast, visit: Visit) -> None:
    write(everybody, everybody.mrs_c)
    before = visit(everybody.mrs_c).get("/").context["figures"].not_reached
    task = steps.step(everybody)
    after = visit(everybody.mrs_c).get("/").context["figures"].not_reached
    assert task.household_id in [one.home.id for one in before]
    assert task.household_id not in [one.home.id for one in after]


def test_a_new_class_is_told_where_to_begin(everybody: Cast, visit: Visit) -> None:
    page = _main(visit(everybody.mrs_c))
    assert "Nobody is waiting for you" in page
    assert "Nothing has been sent this term" in page
    assert 'href="/write/"' in page


def test_without_a_roster_the_admin_is_sent_there_and_others_told_why(
    everybody: Cast, visit: Visit
) -> None:
    from bothways.accounts.enums import Role

    new = district("New District")
    assert 'href="/roster/"' in _main(visit(staff("Zoe", Role.DISTRICT_ADMIN, new)))
    page = _main(visit(staff("Yan", Role.COUNSELOR, new)))
    assert "You serve no children yet" in page


def test_a_teacher_is_shown_children_of_whom_nothing_good_was_told(
    everybody: Cast, visit: Visit
) -> None:
    write(everybody, everybody.mrs_c)
    page = _main(visit(everybody.mrs_c))
    assert "Good news not yet told" in page
    assert "tone=good" in page


def test_how_long_families_wait_is_said_by_language(everybody: Cast, visit: Visit) -> None:
    happened(everybody)
    talk = Conversation.objects.get(student=everybody.troy)
    now = clock.now()
    for day in range(1, 4):
        for hours, from_family in ((5, True), (0, False)):
            Entry.objects.create(
                district=everybody.district,
                conversation=talk,
                from_family=from_family,
                author=None if from_family else everybody.mrs_c,
                at=now - timedelta(days=day, hours=hours),
                language="es",
                body="Gracias",
            )
    waits = visit(everybody.mrs_c).get("/").context["waits"]
    assert [(wait.language, wait.answers, wait.middle) for wait in waits] == [
        ("", 3, timedelta(hours=5)),
        ("es", 3, timedelta(hours=5)),
    ]


def test_markup_in_names_and_words_stays_words(everybody: Cast, visit: Visit) -> None:
    child = student("<script>alert(1)</script>", "O’Brien", everybody.elementary, everybody.room_12)
    adult = guardian(everybody.district, '"><img src=x>', "O’Brien", email="o@example.org")
    family = home([child], [adult])
    message = write(everybody, everybody.mrs_c, Audience(households=(family.pk,)))
    says(to(message, family), "<script>alert(2)</script> \u202e\u200b" + "x" * 3000)
    page = _main(visit(everybody.mrs_c))
    assert "<script>" not in page
    assert "<img" not in page
    assert len(page) < 40_000


def test_everybody_who_looks_at_words_is_on_the_record(everybody: Cast, visit: Visit) -> None:
    from bothways.audit.models import Entry as Audit

    did = happened(everybody)
    visit(everybody.mrs_c).get("/")
    seen = Audit.objects.get(event="today.words_seen")
    assert did.talk.pk in seen.details["conversations"]
