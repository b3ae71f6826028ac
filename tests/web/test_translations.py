"""What waits for translators, the phrasebook, the glossary, and the district's languages."""

import pytest
from django.test import Client

from bothways.accounts.models import User
from bothways.core import clock, jobs
from bothways.interpreters.models import Interpreter, Tongue
from bothways.languages import phrasebook
from bothways.languages.engines.running import values_of
from bothways.languages.models import Choice, EngineConfig, OwnMessage, ReadByNative, Term
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Origin, Purpose
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.messages import Draft, Source, send
from bothways.schools.models import District
from people import Cast, guardian, home, student
from web.visiting import Visit

ENGLISH = "Karim, please come to room 204 on September 20. Cougar Den: https://example.org/x"
ARABIC = "كريم، الرجاء الحضور إلى الغرفة ٢٠٤ في 20 سبتمبر. Cougar Den: https://example.org/x"


def machine_made(cast: Cast, purpose: Purpose = Purpose.PERSONAL, body: str = ARABIC) -> Message:
    message, _ = send(
        Draft(
            purpose,
            Audience(),
            {"en": ENGLISH, "ar": body},
            {},
            sources={"ar": Source(Origin.MACHINE, "echo")},
        ),
        district=cast.district,
        by=cast.admin,
    )
    return message


def speaks(user: User, *tags: str) -> None:
    of = Interpreter.objects.create(
        district=user.district, user=user, checked_at=clock.now(), created_at=clock.now()
    )
    for tag in tags:
        Tongue.objects.create(interpreter=of, language=tag, other="en")


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_what_waits_is_listed_with_how_many_families(everybody: Cast, visit: Visit) -> None:
    machine_made(everybody)
    words = page(visit(everybody.admin), "/translations/")
    assert "1 family waits" in words
    assert "English → Arabic" in words
    assert "a machine’s draft is there" in words
    # Elena reads Spanish, and there is no Spanish at all.
    assert "English → Spanish" in words


def test_an_empty_queue_says_so(everybody: Cast, visit: Visit) -> None:
    assert "Nothing waits" in page(visit(everybody.admin), "/translations/")


def test_one_is_shown_side_by_side_with_what_must_stay(everybody: Cast, visit: Visit) -> None:
    Term.objects.create(district=everybody.district, source="en", word="Cougar Den", at=clock.now())
    message = machine_made(everybody, body=ARABIC.replace("٢٠٤", "٢٠٥"))
    words = page(visit(everybody.admin), f"/translations/{message.pk}/ar/")
    assert '<mark class="kept" title="name">Karim</mark>' in words
    assert '<mark class="kept" title="date">September 20</mark>' in words
    assert '<mark class="kept" title="word that stays">Cougar Den</mark>' in words
    assert (
        '<mark class="amiss" title="“٢٠٥” is in the translation and not in the original.">' in words
    )
    assert "The number “204” of the original is not in the translation." in words
    assert 'lang="ar" dir="rtl"' in words


def test_approval_sends_and_the_queue_is_shorter(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody)
    client = visit(everybody.admin)
    before = Delivery.objects.filter(message=message).count()
    answer = client.post(
        f"/translations/{message.pk}/ar/", {"what": "approve", "body": "تعالوا\r\nمن فضلكم"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/translations/")
    assert message.versions.get(language="ar").body == "تعالوا\nمن فضلكم"
    assert Delivery.objects.filter(message=message).count() == before + 1
    words = page(client, "/translations/")
    assert "It is on its way to the families who waited for it." in words
    assert "English → Arabic" not in words


def test_a_double_click_sends_once(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody)
    client = visit(everybody.admin)
    for _ in range(2):
        client.post(f"/translations/{message.pk}/ar/", {"what": "approve", "body": ARABIC})
    assert Delivery.objects.filter(message=message, languages__contains=["ar"]).count() == 1


@pytest.mark.parametrize("body", ["", "   ", "x" * 10_001, "a\x00b"])
def test_an_unusable_translation_is_kept_in_the_form(
    everybody: Cast, visit: Visit, body: str
) -> None:
    message = machine_made(everybody)
    answer = visit(everybody.admin).post(
        f"/translations/{message.pk}/ar/", {"what": "approve", "body": body}
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert message.versions.get(language="ar").body == ARABIC


def test_what_goes_back_needs_a_reason(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody)
    client = visit(everybody.admin)
    path = f"/translations/{message.pk}/ar/"
    assert client.post(path, {"what": "back", "why": " "}).status_code == 422
    assert client.post(path, {"what": "back", "why": "Which gate?"}).status_code == 302
    assert "Which gate?" in page(client, "/translations/")


@pytest.mark.parametrize("language", ["en", "klingonese", "AR", "ar-EG", "x" * 300])
def test_there_is_no_page_for_what_is_no_translation(
    everybody: Cast, visit: Visit, language: str
) -> None:
    message = machine_made(everybody)
    page(visit(everybody.admin), f"/translations/{message.pk}/{language}/", 404)


def test_another_districts_words_are_not_there(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody)
    other = District.objects.create(sis_id="other", name="Oak Bend")
    from bothways.accounts.enums import Role
    from people import staff

    stranger = staff("Stranger", Role.DISTRICT_ADMIN, other)
    client = visit(stranger)
    page(client, f"/translations/{message.pk}/ar/", 404)
    assert "English → Arabic" not in page(client, "/translations/")
    answer = client.post(f"/translations/{message.pk}/ar/", {"what": "approve", "body": "x"})
    assert answer.status_code == 404
    assert message.versions.get(language="ar").reviewed_at is None


def test_an_interpreter_sees_the_own_languages_only(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody)
    client = visit(everybody.interpreter)
    assert "Nobody has put down your languages yet" in page(client, "/translations/")
    speaks(everybody.interpreter, "ar")
    words = page(client, "/translations/")
    assert "English → Arabic" in words
    assert "English → Spanish" not in words
    page(client, f"/translations/{message.pk}/es/", 404)
    page(client, f"/translations/{message.pk}/ar/")


def test_the_number_of_queries_does_not_grow(
    everybody: Cast, visit: Visit, django_assert_max_num_queries: object
) -> None:
    client = visit(everybody.admin)
    machine_made(everybody)
    page(client, "/translations/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        page(client, "/translations/")
    for n in range(5):
        mother = guardian(
            everybody.district, f"Amina{n}", "Ali", email=f"a{n}@x.example", reads="so"
        )
        home([student(f"Ayaan{n}", "Ali", everybody.elementary)], [mother])
        machine_made(everybody)
    with CaptureQueriesContext(connection) as many:
        page(client, "/translations/")
    assert len(many) == len(one)


def test_script_in_words_is_words(everybody: Cast, visit: Visit) -> None:
    message = machine_made(everybody, body="<script>alert(1)</script> 77")
    Term.objects.create(
        district=everybody.district,
        source="en",
        word='room"><b>',
        said="<i>",
        target="ar",
        at=clock.now(),
    )
    words = page(visit(everybody.admin), f"/translations/{message.pk}/ar/")
    assert "<script>alert(1)" not in words
    assert "<i>" not in words


def test_a_word_comes_into_the_glossary_and_goes(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    typed = {"word": "Cougar  Den", "target": "", "said": "", "note": "our canteen"}
    assert client.post("/translations/glossary/", typed).status_code == 302
    assert client.post("/translations/glossary/", typed).status_code == 422  # there already
    term = Term.objects.get()
    assert (term.word, term.by) == ("Cougar Den", everybody.admin)
    assert "Cougar Den" in page(client, "/translations/glossary/")
    client.post("/translations/glossary/", {"what": "remove", "term": str(term.pk)})
    assert Term.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    [
        {"word": "", "target": ""},
        {"word": "report card", "said": "boletín", "target": ""},
        {"word": "x" * 121, "target": ""},
        {"word": "bus", "target": "klingonese"},
        {"word": "\u202e\u200b", "target": ""},
    ],
)
def test_a_word_that_cannot_be_kept_is_refused(
    everybody: Cast, visit: Visit, typed: dict[str, str]
) -> None:
    assert visit(everybody.admin).post("/translations/glossary/", typed).status_code == 422
    assert Term.objects.count() == 0


@pytest.mark.parametrize("term", ["", "x", "-1", "9" * 40, "٣"])
def test_a_term_that_is_none_is_not_taken_out(everybody: Cast, visit: Visit, term: str) -> None:
    Term.objects.create(district=everybody.district, source="en", word="x", at=clock.now())
    answer = visit(everybody.admin).post(
        "/translations/glossary/", {"what": "remove", "term": term}
    )
    assert answer.status_code == 302
    assert Term.objects.count() == 1


def test_the_phrasebook_is_searched_in_any_language(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    every = page(client, "/translations/phrasebook/")
    assert f"{len(phrasebook.shipped())} messages that schools send" in every
    one = phrasebook.shipped()["absence.first_day"]
    spanish = one.texts["es"].split(".")[0]
    assert one.title in page(client, f"/translations/phrasebook/?q={spanish}")
    assert "No message has all of these words" in page(client, "/translations/phrasebook/?q=zzqx")
    assert one.title in page(client, "/translations/phrasebook/?topic=absence&from=-5")
    page(client, "/translations/phrasebook/?from=x")


def test_a_native_reader_marks_a_message_and_takes_it_back(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    path = "/translations/phrasebook/absence.first_day/"
    assert page(client, path).count("a draft") >= 10
    client.post(path, {"what": "read", "language": "so"})
    assert ReadByNative.objects.get().language == "so"
    assert "so" in (phrasebook.entry(everybody.district, "absence.first_day") or _none()).reviewed
    client.post(path, {"what": "unread", "language": "so"})
    assert ReadByNative.objects.count() == 0
    assert client.post(path, {"what": "read", "language": "xx"}).status_code == 404
    page(client, "/translations/phrasebook/no.such/", 404)


def test_an_interpreter_marks_the_own_languages_only(everybody: Cast, visit: Visit) -> None:
    speaks(everybody.interpreter, "so")
    client = visit(everybody.interpreter)
    path = "/translations/phrasebook/absence.first_day/"
    assert client.post(path, {"what": "read", "language": "ar"}).status_code == 404
    assert client.post(path, {"what": "read", "language": "so"}).status_code == 302


def test_a_message_of_ones_own_is_found_when_somebody_writes(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    answer = client.post(
        "/translations/phrasebook/add/",
        {
            "title": "Bus cards",
            "purpose": "routine",
            "text-en": "{child} has a new bus card.",
            "text-es": "{child} tiene una tarjeta nueva para el autobús.",
        },
    )
    assert answer.status_code == 302
    from bothways.languages.services import suggest

    found = suggest(
        everybody.district, "Troy has a new bus card.", source="en", targets=["es", "so"]
    )
    assert {tag: one.text for tag, one in found.items()} == {
        "es": "Troy tiene una tarjeta nueva para el autobús."
    }
    assert "Bus cards" in page(client, answer["Location"])


@pytest.mark.parametrize(
    "typed",
    [
        {"title": "", "purpose": "routine", "text-en": "Hello"},
        {"title": "A", "purpose": "routine"},
        {"title": "A", "purpose": "nonsense", "text-en": "Hello"},
        {"title": "A", "purpose": "routine", "text-en": "{child}", "text-es": "{niño}"},
        {"title": "A", "purpose": "routine", "text-en": "{child"},
        {"title": "A", "purpose": "routine", "text-en": "{}"},
        {"title": "A", "purpose": "routine", "text-en": "{child.__class__}"},
        {"title": "A", "purpose": "routine", "text-en": "x" * 2_001},
    ],
)
def test_a_message_that_cannot_be_kept_says_why(
    everybody: Cast, visit: Visit, typed: dict[str, str]
) -> None:
    answer = visit(everybody.admin).post("/translations/phrasebook/add/", typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert OwnMessage.objects.count() == 0


def test_set_up_shows_what_families_read(everybody: Cast, visit: Visit) -> None:
    words = page(visit(everybody.admin), "/set-up/languages/")
    assert '<th scope="row">Arabic</th><td>1</td>' in words
    assert all(name in words for name in ("LibreTranslate", "DeepL", "Google", "Azure", "Apertium"))
    assert '<th scope="row">nobody has asked yet</th><td>3</td>' in words


def test_what_is_vital_is_the_districts_to_say(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    client.post("/set-up/languages/", {"what": "vital", "vital": ["timely", "nonsense"]})
    everybody.district.refresh_from_db()
    assert everybody.district.vital_purposes == ["timely"]
    message = machine_made(everybody, Purpose.PERSONAL)
    assert Delivery.objects.filter(message=message, languages__contains=["ar"]).count() == 1


def test_families_words_stay_in_the_house_unless_somebody_says_so(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.admin)
    client.post("/set-up/languages/", {"what": "engine", "engine": "deepl"})
    choice = Choice.objects.get()
    assert (choice.engine, choice.families_words) == ("deepl", False)
    client.post(
        "/set-up/languages/", {"what": "engine", "engine": "deepl", "families_words": "yes"}
    )
    choice.refresh_from_db()
    assert choice.families_words
    assert client.post("/set-up/languages/", {"what": "engine", "engine": "x"}).status_code == 404
    assert client.post("/set-up/languages/", {"what": "?"}).status_code == 404


def test_a_key_is_kept_and_never_shown_again(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    client.post("/set-up/languages/deepl/", {"key": "very-secret:fx", "base_url": "http://evil"})
    assert values_of("deepl") == {"key": "very-secret:fx"}
    assert "very-secret" not in page(client, "/set-up/languages/deepl/")
    client.post("/set-up/languages/deepl/", {"key": ""})
    assert values_of("deepl") == {"key": "very-secret:fx"}


def test_where_words_go_is_not_for_a_page_to_say(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.admin)
    client.post("/set-up/languages/libretranslate/", {"url": "http://169.254.169.254/"})
    client.post("/set-up/languages/apertium/", {"program": "/bin/sh"})
    kept = EngineConfig.objects.values_list("engine", "values")
    assert [values for _, values in kept if "url" in values or "program" in values] == []


def test_where_districts_share_a_house_no_admin_turns_the_engines(
    everybody: Cast, visit: Visit
) -> None:
    District.objects.create(sis_id="other", name="Oak Bend")
    page(visit(everybody.admin), "/set-up/languages/deepl/", 404)
    page(visit(everybody.admin), "/set-up/languages/nonsense/", 404)


def test_a_test_of_an_engine_without_a_key_says_what_is_missing(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.admin)
    answer = client.post("/set-up/languages/deepl/", {"what": "test"}, follow=True)
    assert "The setting “key” is empty" in answer.content.decode()
    assert jobs.run_all() == 0


def _none() -> phrasebook.Entry:
    raise AssertionError("the message is gone")
