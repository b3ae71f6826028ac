"""A family is answered by a person, in its language, by one of us and not by two."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from bothways.core import clock
from bothways.languages.models import Reading
from bothways.languages.services import From, Suggestion, _digest
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind
from bothways.messaging.models import (
    Aside,
    AwaitedAnswer,
    Canned,
    Conversation,
    Delivery,
    Entry,
    Handing,
    Settling,
)
from bothways.messaging.queries import waits_by_language
from bothways.messaging.services.canned import NotKeepable, keep
from bothways.messaging.services.conversations import answer
from bothways.messaging.services.replies import Said, take_in
from bothways.outreach.services.hours import go_away, set_hours
from bothways.people.models import Student
from messaging.world import MONDAY_MORNING
from people import Cast, guardian, home, student
from web.happenings import says, to, write
from web.visiting import Visit

ARABIC = "نور مريض اليوم. هل يمكنكم الاتصال بي مساءً؟"
ENGLISH = "Nour is ill today. Can you call me in the evening?"
OUR_WORDS = "We hope Nour is well soon. I will call at six."
THEIR_WORDS = "نتمنى الشفاء العاجل لنور. سأتصل في السادسة."


def karim_writes(cast: Cast) -> Conversation:
    """Nour's father answers in Arabic."""
    message = write(cast, cast.mrs_c, Audience(students=(cast.nour.sis_id or "",)), cast.nour)
    says(to(message, cast.nours_home), ARABIC)
    return Conversation.objects.get(household=cast.nours_home)


def alician_writes(cast: Cast, words: str = "He does it but it stays in his bag.") -> Conversation:
    message = write(cast, cast.mrs_c, Audience(students=(cast.troy.sis_id or "",)), cast.troy)
    says(to(message, cast.troys_home), words)
    return Conversation.objects.get(student=cast.troy)


def of(talk: Conversation, name: str = "conversation", **more: object) -> str:
    return reverse(name, kwargs={"pk": talk.pk, **more})


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that knows one sentence."""

    def suggest(district: object, text: str, **_: object) -> dict[str, Suggestion]:
        return {"ar": Suggestion(THEIR_WORDS, From.MACHINE, "test")} if text == OUR_WORDS else {}

    monkeypatch.setattr("bothways.web.staff.answering.suggest", suggest)


def form_of(page: str, **values: str) -> dict[str, str]:
    """The hidden fields of the answer form, and what somebody types."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Hidden(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            if tag == "input" and values.get("name") in ("seen", "form_key", "suggested"):
                found.setdefault(str(values["name"]), values.get("value") or "")

    start = page.index('id="answer"')
    Hidden().feed(page[start : page.index("</form>", start)])
    return {**found, **values}


def sent(talk: Conversation) -> list[Delivery]:
    return list(
        Delivery.objects.filter(
            message__conversation=talk, message__kind=MessageKind.CONVERSATION.value
        ).order_by("pk")
    )


def test_staff_read_the_family_in_both_languages(everybody: Cast, visit: Visit) -> None:
    talk = karim_writes(everybody)
    entry = talk.entries.get()
    Reading.objects.create(
        district=everybody.district,
        digest=_digest(ARABIC, entry.language),
        reader="en",
        language="ar",
        sure=True,
        translation=ENGLISH,
        engine="test",
        at=clock.now(),
    )
    page = visit(everybody.mrs_c).get(of(talk)).content.decode()
    assert f'<p class="words" lang="ar" dir="rtl">{ARABIC}</p>' in page
    assert f'<p class="words" lang="en" dir="ltr">{ENGLISH}</p>' in page
    assert "from Arabic, translated by a machine" in page
    listed = visit(everybody.mrs_c).get(reverse("inbox")).content.decode()
    assert ENGLISH in listed


def test_answer_is_seen_in_arabic_before_it_goes_out_in_arabic(
    everybody: Cast, visit: Visit, engine: None
) -> None:
    everybody.district.vital_purposes = ["emergency"]
    everybody.district.save()
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    first = browser.get(of(talk)).content.decode()
    assert "Show it in Arabic" in first
    shown = browser.post(of(talk), form_of(first, words=OUR_WORDS, do="translate")).content.decode()
    assert sent(talk) == []
    assert THEIR_WORDS in shown
    assert 'lang="ar" dir="rtl" aria-describedby' in shown
    assert "Translated by a machine" in shown
    done = browser.post(
        of(talk), form_of(shown, words=OUR_WORDS, translation=THEIR_WORDS, do="send")
    )
    assert done.status_code == 302
    (delivery,) = sent(talk)
    version = delivery.message.versions.get()
    assert (version.language, version.body, version.origin, version.engine) == (
        "ar",
        THEIR_WORDS,
        "machine",
        "test",
    )
    entry = talk.entries.get(from_family=False)
    assert (entry.original, entry.original_language, entry.body) == (OUR_WORDS, "en", THEIR_WORDS)
    talk.refresh_from_db()
    assert talk.waiting_since is None
    page = browser.get(of(talk)).content.decode()
    assert OUR_WORDS in page
    assert THEIR_WORDS in page


def test_words_that_a_person_changed_are_no_machines(
    everybody: Cast, visit: Visit, engine: None
) -> None:
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    shown = browser.post(
        of(talk), form_of(browser.get(of(talk)).content.decode(), words=OUR_WORDS, do="send")
    ).content.decode()
    assert sent(talk) == []  # nothing goes out unseen
    browser.post(of(talk), form_of(shown, words=OUR_WORDS, translation="شكرًا", do="send"))
    version = sent(talk)[0].message.versions.get()
    assert (version.body, version.origin) == ("شكرًا", "person")


def test_a_machines_answer_waits_for_a_person_where_the_district_calls_it_vital(
    everybody: Cast, visit: Visit, engine: None
) -> None:
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    shown = browser.post(
        of(talk), form_of(browser.get(of(talk)).content.decode(), words=OUR_WORDS, do="translate")
    ).content.decode()
    refused = browser.post(
        of(talk), form_of(shown, words=OUR_WORDS, translation=THEIR_WORDS, do="send")
    )
    assert refused.status_code == 422
    assert OUR_WORDS in refused.content.decode()
    assert sent(talk) == []
    # Mrs. C reads Arabic, as it turns out.
    data = form_of(shown, words=OUR_WORDS, translation=THEIR_WORDS, do="send", went_through="on")
    assert browser.post(of(talk), data).status_code == 302
    version = sent(talk)[0].message.versions.get()
    assert (version.origin, version.reviewed_by) == ("machine", everybody.mrs_c)


def test_a_person_translates_and_it_goes_out_in_the_authors_name(
    everybody: Cast, visit: Visit
) -> None:
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    data = form_of(browser.get(of(talk)).content.decode(), words=OUR_WORDS, do="person")
    assert browser.post(of(talk), data).status_code == 302
    assert browser.post(of(talk), data).status_code == 302  # a double click
    awaited = AwaitedAnswer.objects.get()
    assert sent(talk) == []
    talk.refresh_from_db()
    assert talk.waiting_since is not None
    assert "waits for a translator into Arabic" in browser.get(of(talk)).content.decode()
    path = reverse("awaited_answer", kwargs={"pk": awaited.pk})
    assert visit(everybody.mrs_c).get(path).status_code == 403
    translator = visit(everybody.admin)
    assert OUR_WORDS in translator.get(path).content.decode()
    assert translator.post(path, {"words": THEIR_WORDS}).status_code == 302
    entry = talk.entries.get(from_family=False)
    assert (entry.author, entry.body, entry.original) == (everybody.mrs_c, THEIR_WORDS, OUR_WORDS)
    assert sent(talk)[0].message.versions.get().reviewed_by == everybody.admin
    # Twice is once.
    assert translator.post(path, {"words": THEIR_WORDS}).status_code == 404
    assert len(sent(talk)) == 1


def test_an_answer_can_be_taken_back_before_it_is_translated(everybody: Cast, visit: Visit) -> None:
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    browser.post(
        of(talk), form_of(browser.get(of(talk)).content.decode(), words=OUR_WORDS, do="person")
    )
    awaited = AwaitedAnswer.objects.get()
    browser.post(of(talk, "awaited_back", awaited=awaited.pk))
    assert (
        reverse("awaited_answer", kwargs={"pk": awaited.pk})
        not in visit(everybody.admin).get(reverse("awaited_answers")).content.decode()
    )


def test_words_go_out_as_written_where_somebody_says_so(everybody: Cast, visit: Visit) -> None:
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    browser.post(
        of(talk), form_of(browser.get(of(talk)).content.decode(), words=OUR_WORDS, do="as_is")
    )
    version = sent(talk)[0].message.versions.get()
    assert (version.language, version.body) == ("en", OUR_WORDS)


def test_of_two_who_answer_the_second_sees_the_first_and_keeps_the_words(
    everybody: Cast, visit: Visit
) -> None:
    talk = alician_writes(everybody)
    mrs_c, ken = visit(everybody.mrs_c), visit(everybody.office)
    mine = form_of(mrs_c.get(of(talk)).content.decode(), words="Let us find a way.", do="send")
    theirs = ken.get(of(talk)).content.decode()
    assert "<bdi>Clara Staff</bdi> has had this open to answer since 9:00 AM" in theirs
    ken.post(of(talk), form_of(theirs, words="The office has his bag.", do="send"))
    between = mrs_c.post(of(talk), mine)
    page = between.content.decode()
    assert between.status_code == 409
    assert "somebody wrote here meanwhile" in page
    assert "The office has his bag." in page
    assert "Let us find a way." in page
    assert len(sent(talk)) == 1
    again = mrs_c.post(of(talk), form_of(page, words="Let us find a way.", do="send"))
    assert again.status_code == 302
    assert len(sent(talk)) == 2


def test_a_double_click_answers_once(everybody: Cast, visit: Visit) -> None:
    talk = alician_writes(everybody)
    browser = visit(everybody.mrs_c)
    data = form_of(browser.get(of(talk)).content.decode(), words="Thank you.", do="send")
    assert [browser.post(of(talk), data).status_code for _ in range(2)] == [302, 302]
    assert len(sent(talk)) == 1


def test_new_words_of_the_family_are_seen_before_the_answer_goes(
    everybody: Cast, visit: Visit
) -> None:
    talk = alician_writes(everybody)
    browser = visit(everybody.mrs_c)
    data = form_of(browser.get(of(talk)).content.decode(), words="Thank you.", do="send")
    alician_writes(everybody, "Please do not write, call me.")
    answered = browser.post(of(talk), data)
    assert answered.status_code == 409
    assert "Please do not write, call me." in answered.content.decode()


def test_whoever_leaves_is_not_shown_as_writing(everybody: Cast, visit: Visit, at: Path) -> None:
    talk = alician_writes(everybody)
    visit(everybody.mrs_c).get(of(talk))
    words = "has had this open"
    assert words in visit(everybody.office).get(of(talk)).content.decode()
    visit(everybody.office).post(of(talk, "left"))
    visit(everybody.mrs_c).post(of(talk, "left"))
    assert words not in visit(everybody.principal).get(of(talk)).content.decode()
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=31))
    assert words not in visit(everybody.office).get(of(talk)).content.decode()


def test_families_in_danger_stand_first_then_those_who_wait_longest(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    first = alician_writes(everybody)
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=1))
    second = karim_writes(everybody)
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=2))
    letter = write(everybody, everybody.mrs_c, Audience(sections=(everybody.room_12.sis_id,)))
    entry = says(to(letter, everybody.emilys_home), "he says he will kill us, please help")
    rows = visit(everybody.mrs_c).get(reverse("inbox") + "?whose=all").context["rows"]
    assert [row[0].pk for row in rows] == [entry.conversation_id, first.pk, second.pk]


def test_filters_are_links_and_show_what_nobody_has_taken(everybody: Cast, visit: Visit) -> None:
    talk = alician_writes(everybody)
    Conversation.objects.filter(pk=talk.pk).update(owner=None)

    def shown(whose: str) -> list[int]:
        page = visit(everybody.office).get(reverse("inbox"), {"whose": whose})
        return [row[0].pk for row in page.context["rows"]]

    assert [shown(whose) for whose in ("mine", "unowned", "all", "nonsense")] == [
        [],
        [talk.pk],
        [talk.pk],
        [],
    ]


def test_search_finds_only_what_one_may_read(everybody: Cast, visit: Visit) -> None:
    talk = alician_writes(everybody, "The blue folder is at home.")
    letter = write(everybody, everybody.mrs_c, Audience(sections=(everybody.room_12.sis_id,)))
    says(to(letter, everybody.emilys_home), "he says he will kill us, folder")
    danger = Conversation.objects.get(household=everybody.emilys_home)

    def found(user: object, words: str) -> set[int]:
        browser = visit(user)  # type: ignore[arg-type]
        asked = browser.post(reverse("inbox"), {"q": words})
        assert words not in asked.headers["Location"]
        return {row[0].pk for row in browser.get(asked.headers["Location"]).context["rows"]}

    assert found(everybody.mrs_c, "FOLDER") == {talk.pk}
    assert found(everybody.counselor, "folder") == {talk.pk, danger.pk}
    assert found(everybody.teacher_elsewhere, "folder") == set()
    assert found(everybody.mrs_c, "troy wash") == {talk.pk}
    assert found(everybody.mrs_c, "%") == set()


def test_closing_without_an_answer_says_why_and_can_be_undone(
    everybody: Cast, visit: Visit
) -> None:
    talk = alician_writes(everybody)
    waited = talk.waiting_since
    browser = visit(everybody.mrs_c)
    browser.post(of(talk, "settled"), {"why": "thanks", "words": "She only thanked us"})
    talk.refresh_from_db()
    settling = Settling.objects.get()
    assert (talk.waiting_since, settling.reason, settling.words) == (
        None,
        "thanks",
        "She only thanked us",
    )
    undo = of(talk, "unsettled", settling=settling.pk)
    assert undo in browser.get(reverse("inbox")).content.decode()
    assert visit(everybody.teacher_elsewhere).post(undo).status_code == 404
    browser.post(undo)
    browser.post(undo)
    talk.refresh_from_db()
    assert talk.waiting_since == waited


def test_an_answered_family_does_not_wait_again_by_an_old_undo(
    everybody: Cast, visit: Visit, at: Path
) -> None:
    talk = alician_writes(everybody)
    browser = visit(everybody.mrs_c)
    browser.post(of(talk, "settled"), {"why": "other"})
    clock.stop_at(at, MONDAY_MORNING + timedelta(minutes=1))
    answer(conversation=talk, words="Thank you all the same.", by=everybody.mrs_c)
    browser.post(of(talk, "unsettled", settling=Settling.objects.get().pk))
    talk.refresh_from_db()
    assert talk.waiting_since is None


def test_handing_over_carries_a_word_and_says_when_the_colleague_is_there(
    everybody: Cast, visit: Visit
) -> None:
    from datetime import date, time

    talk = alician_writes(everybody)
    set_hours(user=everybody.office, hours={1: (time(8), time(12))}, by=everybody.office)
    browser = visit(everybody.mrs_c)
    assert "Ken Staff (there tomorrow from 8:00 AM)" in browser.get(of(talk)).content.decode()
    browser.post(
        of(talk, "hand_over"), {"to": everybody.office.pk, "words": "She asked for a bus card"}
    )
    handing = Handing.objects.get()
    assert (handing.before, handing.to, handing.words) == (
        everybody.mrs_c,
        everybody.office,
        "She asked for a bus card",
    )
    go_away(
        user=everybody.office,
        first=date(2026, 9, 14),
        last=date(2026, 9, 15),
        stand_in=everybody.principal,
        by=everybody.office,
    )
    page = visit(everybody.principal).get(of(talk)).content.decode()
    assert '“<span dir="auto">She asked for a bus card</span>”' in page
    assert "there on 22 September from 8:00 AM" in page
    assert "<bdi>Rosa Staff</bdi> stands in" in page


def test_a_protected_note_is_read_by_few(everybody: Cast, visit: Visit) -> None:
    talk = alician_writes(everybody)
    browser = visit(everybody.mrs_c)
    for number, (body, protected) in enumerate(
        [("Troy likes maps", ""), ("His aunt told me more", "on")]
    ):
        data = {"body": body, "form_key": f"key-{number}"}
        browser.post(of(talk, "aside"), {**data, "protected": protected} if protected else data)
    assert list(Aside.objects.values_list("protected", flat=True).order_by("pk")) == [False, True]
    read = {
        user.given: [
            words in visit(user).get(of(talk)).content.decode()
            for words in ("Troy likes maps", "His aunt told me more")
        ]
        for user in (everybody.mrs_c, everybody.office, everybody.counselor)
    }
    assert read == {"Clara": [True, True], "Ken": [True, False], "Lien": [True, True]}


def test_an_answer_at_hand_is_filled_in_and_not_sent(everybody: Cast, visit: Visit) -> None:
    canned = keep(
        district=everybody.district,
        title="Get well",
        texts={"en": "We hope {child} is well soon. {name}", "ar": "نتمنى الشفاء لـ {child}."},
        school=everybody.elementary,
        owner=None,
        by=everybody.office,
    )
    talk = karim_writes(everybody)
    browser = visit(everybody.mrs_c)
    page = browser.post(
        of(talk),
        form_of(browser.get(of(talk)).content.decode(), words="", canned=str(canned.pk)),
    ).content.decode()
    assert "We hope Nour is well soon. Clara Staff</textarea>" in page
    assert "نتمنى الشفاء لـ Nour.</textarea>" in page
    assert sent(talk) == []


def test_answers_at_hand_are_ones_own_or_the_schools(everybody: Cast, visit: Visit) -> None:
    new = reverse("canned_new")
    mrs_c = visit(everybody.mrs_c)
    assert mrs_c.post(new, {"title": "Mine", "whose": "me", "text_en": "Hello"}).status_code == 302
    school = str(everybody.elementary.pk)
    refused = mrs_c.post(new, {"title": "Ours", "whose": school, "text_en": "Hello"})
    assert refused.status_code == 422
    visit(everybody.office).post(new, {"title": "Ours", "whose": school, "text_en": "Hello"})
    mine, ours = Canned.objects.order_by("pk")
    assert (mine.owner, ours.school) == (everybody.mrs_c, everybody.elementary)
    page = mrs_c.get(reverse("canned")).content.decode()
    assert reverse("canned_one", kwargs={"pk": mine.pk}) in page
    assert "Ours" in page
    for path in ("canned_one", "canned_forget"):
        assert mrs_c.post(reverse(path, kwargs={"pk": ours.pk}), {"title": "x"}).status_code == 404
    assert "Ours" not in visit(everybody.teacher_elsewhere).get(reverse("canned")).content.decode()


def test_a_place_for_nothing_is_not_kept(everybody: Cast) -> None:
    with pytest.raises(NotKeepable, match=r"Nothing is put in for \{Child\}"):
        keep(
            district=everybody.district,
            title="x",
            texts={"en": "Dear {Child}"},
            school=None,
            owner=everybody.mrs_c,
            by=everybody.mrs_c,
        )


def stranger(
    cast: Cast, words: str = "Troy is ill, his grandmother", *, danger: bool = False
) -> Entry:
    """Somebody texts from a number that nobody knows."""
    from bothways.channels.enums import Channel
    from bothways.messaging.enums import Meaning

    return take_in(
        Said(
            channel=Channel.TEXT,
            kind="phone",
            match="+13125550999",
            words=words,
            meaning=Meaning.WORDS,
            danger=danger,
            writer=None,
            also=frozenset(),
            language="",
        ),
        at=clock.now(),
        carrier_knows=False,
    )


def test_words_of_a_stranger_are_put_with_their_family_after_a_second_look(
    everybody: Cast, visit: Visit
) -> None:
    entry = stranger(everybody)
    path = reverse("place_words", kwargs={"entry": entry.pk})
    browser = visit(everybody.office)
    assert path in browser.get(reverse("inbox")).content.decode()
    found = browser.post(path, {"what": "search", "q": "washington"}).content.decode()
    to_troy = f"{everybody.troys_home.pk}-{everybody.troy.pk}"
    assert to_troy in found
    sure = browser.post(path, {"what": "choose", "to": to_troy}).content.decode()
    assert "Are you sure?" in sure
    entry.refresh_from_db()
    assert entry.conversation is None
    assert browser.post(path, {"what": "place", "to": to_troy}).status_code == 302
    entry.refresh_from_db()
    talk = entry.conversation
    assert talk is not None
    assert (talk.household, talk.student, talk.waiting_since) == (
        everybody.troys_home,
        everybody.troy,
        entry.at,
    )
    # The number is not the family's by that.
    assert not everybody.alician.points.filter(match="+13125550999").exists()
    page = browser.get(of(talk)).content.decode()
    refused = browser.post(of(talk), form_of(page, words="Thank you", do="send"))
    assert "not on the family’s page" in refused.content.decode()
    back = of(talk, "unplace_words", entry=entry.pk)
    assert browser.post(back).status_code == 302
    entry.refresh_from_db()
    talk.refresh_from_db()
    assert (entry.conversation, talk.waiting_since) == (None, None)


def test_nobody_puts_words_where_they_do_not_serve(everybody: Cast, visit: Visit) -> None:
    entry = stranger(everybody)
    path = reverse("place_words", kwargs={"entry": entry.pk})
    assert visit(everybody.mrs_c).get(path).status_code == 403
    maya_only = home(
        [student("Ada", "Elsewhere", everybody.middle)],
        [guardian(everybody.district, "Zoe", "Elsewhere")],
    )
    office = visit(everybody.office)
    for to_ in (
        str(maya_only.pk),
        "x",
        "",
        "1-x",
        f"{everybody.troys_home.pk}-{everybody.nour.pk}",
    ):
        assert office.post(path, {"what": "place", "to": to_}).status_code == 404
    assert (
        visit(everybody.office)
        .get(reverse("place_words", kwargs={"entry": alician_writes(everybody).entries.get().pk}))
        .status_code
        == 404
    )


def _waited(cast: Cast, number: int, hours: int, language: str, at: Path) -> None:
    child: Student = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adult = guardian(
        cast.district, f"Adult{number}", "Ngo", email=f"n{number}@example.org", reads=language
    )
    family = home([child], [adult])
    clock.stop_at(at, MONDAY_MORNING)
    message = write(cast, cast.mrs_c, Audience(households=(family.pk,)))
    says(to(message, family), "Can you call me?")
    clock.stop_at(at, MONDAY_MORNING + timedelta(hours=hours))
    answer(conversation=Conversation.objects.get(household=family), words="Yes", by=cast.mrs_c)


def test_waits_are_told_by_language_where_ten_families_waited(everybody: Cast, at: Path) -> None:
    for number in range(10):
        _waited(everybody, number, number + 1, "es", at)
    for number in range(10, 19):
        _waited(everybody, number, 40, "ar", at)
    karim_writes(everybody)
    found = waits_by_language(
        everybody.district.pk, schools=None, since=MONDAY_MORNING - timedelta(days=30)
    )
    assert [(w.language, w.families, w.answers, w.median_hours, w.waiting) for w in found] == [
        ("es", 10, 10, 5.5, 0)
    ]
    elsewhere = waits_by_language(
        everybody.district.pk,
        schools=[everybody.middle.pk],
        since=MONDAY_MORNING - timedelta(days=30),
    )
    assert elsewhere == []
