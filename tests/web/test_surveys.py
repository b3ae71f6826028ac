"""Surveys in the browser: made, sent, answered, typed in, read."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bothways.messaging.models import Delivery, Entry, Message
from bothways.people.enums import RestrictionKind
from bothways.people.models import ContactPoint
from bothways.surveys import results
from bothways.surveys.enums import Promise
from bothways.surveys.models import Answer, Invitation, Survey, Unmixed
from bothways.surveys.ready import built_in
from bothways.surveys.services.answering import Given, finish
from bothways.surveys.services.sending import close
from bothways.web.family import frame, survey
from bothways.web.staff import survey_results
from people import Cast, bar
from web.surveying import draft, invitation, opened, short
from web.visiting import Visit

FORM = {
    "title": "Welcome",
    "ready": ["p1", "p6"],
    "promise": "named",
    "of": "household",
    "closes_on": "2026-09-28",
}


@pytest.fixture(autouse=True)
def _no_guesses_of_others() -> None:
    frame.misses.forget()
    survey.sending.forget()


def test_a_survey_is_made_looked_at_counted_and_sent(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    made = client.post("/surveys/make/", FORM | {"school": str(everybody.elementary.pk)})
    one = Survey.objects.get()
    assert made.headers["Location"] == f"/surveys/{one.pk}/"
    page = client.get(f"/surveys/{one.pk}/", {"language": "es", "count": "1"}).content.decode()
    assert "¿Siente que es bienvenido en nuestra escuela?" in page
    assert "Ask these 4 families" in page  # Hector is barred
    assert not Delivery.objects.exists()
    wrong = client.post(f"/surveys/{one.pk}/send/", {"families": "5"})
    assert (wrong.status_code, Delivery.objects.count()) == (302, 0)
    client.post(f"/surveys/{one.pk}/send/", {"families": "4"})
    one.refresh_from_db()
    assert one.state.value == "open"
    assert not Delivery.objects.filter(household=everybody.hectors_home).exists()
    assert client.post(f"/surveys/{one.pk}/send/", {"families": "4"}).status_code == 302
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"ready": []},
        {"ready": ["p1", "p2", "p3", "p4"]},
        {"instrument": "relationship"},
        {"title": "\x00"},
        {"closes_on": "2026-09-01"},
        {"closes_on": "never"},
        {"size": "-1"},
        {"school": "99999"},
        {"promise": "confidential", "by_text": "on"},
        {"promise": "a secret"},
        {"own": "x" * 10_000, "ready": []},
    ],
)
def test_what_cannot_be_asked_is_said(
    everybody: Cast, visit: Visit, change: dict[str, object]
) -> None:
    sent = FORM | {"school": str(everybody.elementary.pk)} | change
    assert visit(everybody.principal).post("/surveys/make/", sent).status_code == 422
    assert not Survey.objects.exists()


def test_own_words_are_translated_by_people_before_they_go(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.principal)
    sent = FORM | {"school": everybody.elementary.pk, "ready": [], "own": "Is the bus on time?"}
    client.post("/surveys/make/", sent)
    one = Survey.objects.get()
    assert one.asks.languages == ("en",)
    client.post(
        f"/surveys/{one.pk}/words/?language=es", {"item-own": "¿Llega a tiempo el autobús?"}
    )
    one.refresh_from_db()
    assert set(one.asks.languages) == {"en", "es"}


# --- the family's page ----------------------------------------------------------------------------


def test_the_promise_is_read_before_the_first_question_in_the_family_s_language(
    everybody: Cast,
) -> None:
    for promise in Promise:
        one = invitation(opened(everybody, promise), everybody)
        page = Client().get(f"/s/{one.code}").content.decode()
        assert 'lang="ar" dir="rtl"' in page
        from bothways.languages.phrases import phrase

        told = phrase("ar", f"survey_{promise}")
        assert page.index(told) < page.index(phrase("ar", "survey_p1"))


def test_a_long_form_is_kept_part_by_part_and_goes_on_where_it_stopped(everybody: Cast) -> None:
    one = invitation(
        opened(everybody, Promise.CONFIDENTIAL, form=built_in("relationship")), everybody
    )
    went = Client().post(f"/s/{one.code}", {"part": "1", "q_climate_glad": "4"})
    assert went.headers["Location"] == f"/s/{one.code}?part=2"
    assert Answer.objects.get().value == 4
    page = Client().get(f"/s/{one.code}?lang=en").content.decode()
    assert "How well the school suits your child" in page
    back = Client().get(f"/s/{one.code}?part=1&lang=en").content.decode()
    assert 'name="q_climate_glad" value="4" checked' in back


def test_an_anonymous_form_is_carried_by_the_page_and_kept_at_its_end(everybody: Cast) -> None:
    one = invitation(
        opened(
            everybody,
            Promise.ANONYMOUS,
            form=built_in("relationship").only(("climate", "barriers")),
        ),
        everybody,
    )
    page = Client().post(f"/s/{one.code}", {"part": "1", "q_climate_glad": "4"})
    assert page.status_code == 200
    assert not Unmixed.objects.exists()
    assert '<input type="hidden" name="q_climate_glad" value="4">' in page.content.decode()
    Client().post(f"/s/{one.code}", {"part": "2", "q_climate_glad": "4", "q_barrier_work": "1"})
    values = Unmixed.objects.get().values
    assert (values["climate_glad"], values["barrier_work"], values["barrier_ride"]) == (4, 1, 0)
    assert not Entry.objects.exists()


def test_an_answer_counts_once_and_not_after_the_end(everybody: Cast) -> None:
    kept = opened(everybody)
    one = invitation(kept, everybody)
    assert Client().post(f"/s/{one.code}", {"part": "1", "q_p1": "9"}).status_code == 422
    assert Client().post(f"/s/{one.code}", {"part": "1", "q_p1": "five"}).status_code == 422
    long = {"part": "1", "q_p1": "4", "q_p6": "x" * 10_000}
    assert Client().post(f"/s/{one.code}", long).status_code == 422
    assert not Answer.objects.exists()
    Client().post(f"/s/{one.code}", {"part": "1", "q_p1": "4", "q_p6": "More \x00 buses"})
    Client().post(f"/s/{one.code}", {"part": "1", "q_p1": "1"})
    assert list(Answer.objects.order_by("item").values_list("value", "words")) == [
        (4, ""),
        (None, "More  buses"),
    ]
    other = Invitation.objects.get(survey=kept, household=everybody.troys_home)
    close(survey=kept, by=everybody.principal)
    Client().post(f"/s/{other.code}", {"part": "1", "q_p1": "1"})
    assert Answer.objects.filter(invitation=other).count() == 0


def test_not_for_me_takes_the_number_out_of_use(everybody: Cast) -> None:
    kept = opened(everybody)
    delivery = Delivery.objects.get(message_id=kept.message_id, kind="email")
    Delivery.objects.filter(pk=delivery.pk).update(rank=20, state="accepted")
    page = Client().get(f"/r/{delivery.code}").content.decode()
    assert f'href="/s/{delivery.code}?lang=ar"' in page
    Client().post(f"/s/{delivery.code}", {"part": "1", "notme": "1"})
    assert invitation(kept, everybody).not_them
    assert ContactPoint.objects.get(kind="email", match="karim@example.org").why == "wrong_person"
    assert Client().get(f"/s/{delivery.code}").status_code == 404


def test_an_order_of_today_closes_the_page(everybody: Cast) -> None:
    one = invitation(opened(everybody), everybody)
    assert Client().get(f"/s/{one.code}").status_code == 200
    bar(everybody.karim, everybody.nour, RestrictionKind.CONTACT)
    assert Client().get(f"/s/{one.code}").status_code == 404


def test_guessing_codes_ends(everybody: Cast) -> None:
    statuses = [Client().get("/s/BCDFGHJKMNPQ").status_code for _ in range(21)]
    assert statuses == [404] * 20 + [429]


def test_words_of_danger_in_a_named_survey_go_to_the_person_on_duty(everybody: Cast) -> None:
    from bothways.messaging.models import Alert

    one = invitation(opened(everybody), everybody)
    went = Client().post(
        f"/s/{one.code}?lang=en", {"part": "1", "q_p6": "My husband hits my child every night."}
    )
    assert "help=1" in went.headers["Location"]
    assert "911" in Client().get(went.headers["Location"]).content.decode()
    assert Alert.objects.exists()


# --- paper and results ------------------------------------------------------------------------------


def test_a_sheet_is_typed_in_once_and_another_s_code_is_refused(
    everybody: Cast, visit: Visit
) -> None:
    kept = opened(everybody)
    elsewhere = invitation(opened(everybody), everybody)
    one = invitation(kept, everybody)
    office = visit(everybody.office)
    path = f"/surveys/{kept.pk}/enter/"
    assert office.post(path, {"code": elsewhere.code, "q_p1": "3"}).status_code == 422
    assert office.post(path, {"code": one.code, "q_p1": "7"}).status_code == 422
    assert office.post(path, {"code": one.code, "q_p1": ""}).status_code == 422
    assert not Answer.objects.exists()
    assert office.post(path, {"code": one.code.lower(), "q_p1": "3"}).status_code == 302
    again = office.post(path, {"code": one.code, "q_p1": "5"})
    assert "answered already" in again.content.decode()
    assert Answer.objects.get().value == 3
    page = office.get(path).content.decode()
    assert "Karim" not in page


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hans", "am"])
def test_sheets_are_printed_in_the_family_s_language(
    everybody: Cast, visit: Visit, language: str
) -> None:
    kept = opened(everybody)
    pdf = visit(everybody.office).get(f"/surveys/{kept.pk}/sheets.pdf", {"language": language})
    assert pdf.content[:5] == b"%PDF-"


def test_a_confidential_results_page_names_no_family(everybody: Cast, visit: Visit) -> None:
    kept = opened(everybody, Promise.CONFIDENTIAL)
    for n, one in enumerate(Invitation.objects.filter(survey=kept)):
        finish(invitation=one, given=Given({"p1": 2}, {"p6": f"Secret {n}"}))
    for address in (f"/surveys/{kept.pk}/results/", f"/surveys/{kept.pk}/results.csv"):
        answer = visit(everybody.admin).get(address)
        page = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        for name in ("Karim", "Haddad", "Alician", "Secret"):
            assert name not in page


def test_named_words_lead_only_those_who_serve_the_family_to_it(
    everybody: Cast, visit: Visit
) -> None:
    kept = opened(everybody, form=short("p6"))
    finish(invitation=invitation(kept, everybody), given=Given(words={"p6": "More buses"}))
    page = visit(everybody.principal).get(f"/surveys/{kept.pk}/results/").content.decode()
    assert "More buses" in page
    assert f"/families/{everybody.nours_home.pk}/" in page


def test_another_school_s_survey_is_not_there(everybody: Cast, visit: Visit) -> None:
    from bothways.accounts.enums import Role
    from people import staff

    kept = draft(everybody)
    stranger = staff("Olga", Role.PRINCIPAL, everybody.district, everybody.middle)
    for name in ("", "results/", "words/", "enter/", "results.csv", "sheets.pdf?language=en"):
        assert visit(stranger).get(f"/surveys/{kept.pk}/{name}").status_code == 404


def test_figures_take_as_many_queries_for_three_families_as_for_one(
    everybody: Cast, visit: Visit
) -> None:
    kept = opened(everybody, form=short("p1", "p6"))
    client = visit(everybody.principal)
    client.get(f"/surveys/{kept.pk}/results/")
    counts = []
    for one in Invitation.objects.filter(survey=kept)[:3]:
        finish(invitation=one, given=Given({"p1": 2}, {"p6": "Words"}))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/surveys/{kept.pk}/results/")
        counts.append(len(queries))
    assert counts[0] == counts[-1]


def test_means_by_group_cost_a_long_form_no_query_for_each_part(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "LEAST", 1)
    costs = set()
    for codes in (("p1",), ("p1", "p2", "p3")):
        kept = opened(everybody, form=short(*codes), title=f"{len(codes)} questions")
        one = Invitation.objects.filter(survey=kept).order_by("pk")[0]
        finish(invitation=one, given=Given(dict.fromkeys(codes, 4), {}))
        page = f"/surveys/{kept.pk}/results/?by=language"
        client = visit(everybody.principal)
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).content.decode().count("Mean of each group") == len(codes)
        costs.add(len(queries))
    assert len(costs) == 1


def test_many_words_are_read_in_pages(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_results, "WORDS_A_PAGE", 2)
    kept = opened(everybody, form=short("p1", "p6"))
    for number, one in enumerate(Invitation.objects.filter(survey=kept).order_by("pk")[:3]):
        finish(invitation=one, given=Given({}, {"p6": f"Words number {number}"}))
    client = visit(everybody.principal)
    pages = [client.get(f"/surveys/{kept.pk}/results/?page={n}").content.decode() for n in (1, 2)]
    # The newest first.
    assert [[n for n in range(3) if f"Words number {n}" in page] for page in pages] == [[1, 2], [0]]
