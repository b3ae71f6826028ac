"""Every address × every role: who gets what, and no address that is not in the table."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import ModuleType

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from bothways.accounts.beginning import link
from bothways.channels.services import configure
from bothways.consent.models import Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.hotline.enums import Source
from bothways.hotline.services.posting import put
from bothways.interpreters.enums import Occasion, Part
from bothways.interpreters.models import Interpreter
from bothways.interpreters.services import Person, ask, take_in
from bothways.messaging.models import Entry, Spoken
from bothways.messaging.services.awaiting import let_translate
from bothways.messaging.services.canned import keep
from bothways.messaging.services.conversations import settle
from bothways.messaging.services.newsletters import make
from bothways.messaging.services.sounds import record_version
from bothways.outreach.enums import RequestKind
from bothways.outreach.services import requests
from bothways.progress.models import ProgressLoad
from bothways.progress.services.excuses import excuse
from bothways.web.family import entering, frame, homework, notices, reply, right, survey
from bothways.web.signin import begin
from bothways.web.staff import uploads
from bothways.web.staff.kept import KeptDraft
from bothways.web.staff.progress_work import look
from people import Cast
from web import cases_made, mended, steps, surveying, together, welcomed
from web.asked import a_later_bus, wants_a_ride
from web.happenings import Happened, happened, in_the_bag, to
from web.in_the_way import no_ride
from web.visiting import Visit

EVERYBODY = (
    "district_admin",
    "principal",
    "office",
    "counselor",
    "teacher",
    "teacher_elsewhere",
    None,
)
Statuses = Mapping[str | None, int]


def _given(*statuses: int, **others: int) -> dict[str | None, int]:
    """Seven statuses in the order above; the other roles by name, or else:

    liaison, duty person and records officer as a counselor at the same school, an interpreter no (403), and
    all of them as everybody where everybody gets the same.
    """
    given: dict[str | None, int] = dict(zip(EVERYBODY, statuses, strict=True))
    alike = len({status for role, status in given.items() if role is not None}) == 1
    signed_out_too = alike and given[None] == given["counselor"]
    given |= dict.fromkeys(("family_liaison", "duty", "records"), given["counselor"])
    given["interpreter"] = given["counselor"] if signed_out_too else 403
    return given | others


_NOT_A_LEADER = {"family_liaison": 404, "duty": 404, "records": 404}
ANY = _given(200, 200, 200, 200, 200, 200, 302)
# The family is one whom only the elementary school serves.
SERVES = _given(200, 200, 200, 200, 200, 404, 302)
SERVES_UNFILLED = _given(422, 422, 422, 422, 422, 404, 302)
SERVES_ANSWER = _given(302, 302, 302, 302, 302, 404, 302)
OFFICE = _given(200, 200, 200, 403, 403, 403, 302)
OFFICE_ANSWER = _given(302, 302, 302, 403, 403, 403, 302)
ADMIN = _given(200, 403, 403, 403, 403, 403, 302)
ADMIN_ANSWER = _given(302, 403, 403, 403, 403, 403, 302)
WROTE = _given(200, 200, 200, 404, 200, 404, 302)
WROTE_ANSWER = _given(302, 302, 302, 404, 302, 404, 302)
TRANSLATES = _given(200, 403, 403, 403, 403, 403, 302, interpreter=200)
BOOKS = _given(200, 200, 200, 200, 403, 403, 302, duty=403, records=403)
OWN = _given(404, 404, 404, 404, 200, 404, 302)
OWN_ANSWER = _given(404, 404, 404, 404, 302, 404, 302)


RECORDS = _given(200, 403, 403, 403, 403, 403, 302, records=200)
TRANSLATES = _given(200, 403, 403, 403, 403, 403, 302, interpreter=200)


@dataclass(frozen=True)
class Row:
    """An address by its name, what is sent to it, and what each role gets."""

    name: str
    expected: Statuses
    kwargs: Callable[[Cast, Happened], dict[str, object]] = lambda cast, did: {}
    method: str = "get"
    data: Mapping[str, str] | None = None


def _emily(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.emilys_home.pk}


def _emilys_mother(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.emilys_home.pk, "who": "adult", "person": cast.emilys_mother.pk}


def _asked_for(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": wants_a_ride(cast).pk}


def _changed(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": a_later_bus(cast).pk}


def _goal(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": together.goal(cast).pk}


def _tense(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": together.talk(cast).pk}


def _in_the_way(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.emilys_home.pk, "barrier": no_ride(cast).pk}


def _wish(cast: Cast, did: Happened) -> dict[str, object]:
    wish = requests.ask(
        guardian=cast.emilys_mother,
        kind=RequestKind.INSPECT,
        words="All reports.",
        language="en",
        form_key="wish",
    )
    return {"pk": wish.pk}


def _in_creole(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": did.message.pk, "language": "ht"}


def _message(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": did.message.pk}


def _draft(cast: Cast, did: Happened) -> dict[str, object]:
    who = f"section:{cast.room_12.sis_id}"
    form = {"who": [who], "purpose": ["routine"], "body-en": ["Hello."]}
    KeptDraft.objects.get_or_create(
        key="hers", defaults={"user": cast.mrs_c, "form": form, "turn": 1, "at": clock.now()}
    )
    return {"key": "hers"}


def _talk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": did.talk.pk}


def _voice(cast: Cast, did: Happened) -> dict[str, object]:
    entry = did.talk.entries.get()
    Spoken.objects.create(entry=entry, carrier="twilio_voice", audio="RE1", seconds=5, data=b"ID3")
    return {"pk": did.talk.pk, "entry": entry.pk}


def _said(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": did.talk.pk, "entry": did.talk.entries.get().pk}


def _words(cast: Cast, did: Happened) -> dict[str, object]:
    version = did.message.versions.order_by("pk")[0]
    record_version(version=version, data=b"ID3 spoken", by=cast.mrs_c)
    return {"pk": did.message.pk, "version": version.pk}


def _settled(cast: Cast, did: Happened) -> dict[str, object]:
    settling = settle(conversation=did.talk, by=cast.mrs_c, how="settled")
    assert settling is not None
    return {"pk": did.talk.pk, "settling": settling.pk}


def _awaited(cast: Cast, did: Happened) -> dict[str, object]:
    awaited = let_translate(
        conversation=did.talk, words="Thank you", source="en", target="es", by=cast.mrs_c
    )
    return {"pk": awaited.pk}


def _awaited_here(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": did.talk.pk, "awaited": _awaited(cast, did)["pk"]}


def _unknown(cast: Cast, did: Happened) -> dict[str, object]:
    """Words from a number that nobody knows."""
    entry = Entry.objects.create(
        district=cast.district,
        from_family=True,
        at=clock.now(),
        channel="text",
        kind="phone",
        match="+13125550999",
        body="Who is this?",
    )
    return {"entry": entry.pk}


def _school(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.elementary.pk}


def _carrier(cast: Cast, did: Happened) -> dict[str, object]:
    return {"name": "twilio"}


def _policy(cast: Cast, did: Happened) -> dict[str, object]:
    return {"purpose": "personal"}


def _begin(cast: Cast, did: Happened) -> dict[str, object]:
    begin.trying.forget()
    return {"token": link().split("/")[-2]}


def _canned(cast: Cast, did: Happened) -> dict[str, object]:
    canned = keep(
        district=cast.district,
        title="Thanks",
        texts={"en": "Thank you."},
        school=cast.elementary,
        owner=None,
        by=cast.office,
    )
    return {"pk": canned.pk}


def _hodan(cast: Cast) -> Interpreter:
    return take_in(
        Person(
            school=cast.elementary,
            part=Part.INTERPRETER,
            tongues=[("so", "en")],
            name="Hodan Ali",
        ),
        district=cast.district,
        by=cast.office,
        adult=True,
    )


def _interpreter(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": _hodan(cast).pk}


def _booking(cast: Cast, did: Happened) -> dict[str, object]:
    starts = clock.now() + timedelta(hours=2)
    booking = ask(
        interpreter=_hodan(cast),
        language="so",
        occasion=Occasion.CALL,
        starts=starts,
        ends=starts + timedelta(hours=1),
        by=cast.mrs_c,
        household=cast.emilys_home,
    )
    return {"pk": booking.pk}


def _upload(cast: Cast, did: Happened) -> dict[str, object]:
    return {"key": did.upload.key}


def _nothing(cast: Cast, did: Happened) -> dict[str, object]:
    return {}


def _excuse(cast: Cast, did: Happened) -> dict[str, object]:
    today = clock.today(cast.district.timezone)
    return {"pk": excuse(student=cast.emily, first=today, last=today, by=cast.office).pk}


def _progress_load(cast: Cast, did: Happened) -> dict[str, object]:
    load = ProgressLoad.objects.create(district=cast.district, kind="attendance", at=clock.now())
    return {"pk": load.pk}


def _attendance_file(cast: Cast, did: Happened) -> dict[str, object]:
    content = SimpleUploadedFile("today.csv", b"Student ID,Date,Code\nst-1,9/14/2026,A\n")
    upload = uploads.take(
        [content], user=cast.admin.pk, district=cast.district.pk, what="attendance"
    )
    look(upload)
    return {"kind": "attendance", "key": upload.key}


def _letter(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": to(did.message, cast.emilys_home).pk}


def _newsletter(cast: Cast, did: Happened) -> dict[str, object]:
    return {
        "pk": make(
            school=cast.elementary, messages=[did.message], by=cast.office, picture=None, alt=""
        ).pk
    }


def _in_a_bag(cast: Cast, did: Happened) -> dict[str, object]:
    in_the_bag(to(did.message, cast.emilys_home), cast.emily, cast.room_12)
    return {"pk": cast.room_12.pk}


def _stopped(cast: Cast, did: Happened) -> dict[str, object]:
    point = cast.emilys_mother.points.get()
    stop(
        district=cast.district, kind=point.kind, match=point.match, by=Stop.By.OURS, at=clock.now()
    )
    return {"pk": cast.emilys_home.pk, "point": point.pk}


def _class(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.room_12.pk}


def _posting(cast: Cast, did: Happened) -> dict[str, object]:
    posting = put(
        section=cast.room_12,
        day=clock.today(cast.district.timezone),
        bodies={"en": "Read pages 4-9."},
        due=None,
        by=cast.mrs_c,
        source=Source.WEB,
        language="en",
    )
    assert posting is not None
    return {"pk": posting.pk}


# In the whole district: a school's office keeps its own school's days.
CLOSED = {"what": "closed", "closed-title": "Snow", "closed-first": "2026-12-01"}
HOURS = {
    "what": "hours",
    "hours-quiet_from": "20:00",
    "hours-quiet_until": "07:00",
    "hours-digest_day": "3",
    "hours-digest_at": "16:00",
    "hours-routine_per_week": "1",
}


def _step(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": steps.step(cast).pk}


def _going(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": steps.going(cast).pk}


def _planned(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": steps.plan(cast).household_id}


def _away(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": steps.away(cast).pk}


def _clara(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.mrs_c.pk}


def _claras_role(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cast.mrs_c.pk, "member": cast.mrs_c.memberships.get().pk}


MEMBERS = _given(404, 404, 404, 404, 200, 404, 302, interpreter=404)
MEMBERS_UNFILLED = _given(404, 404, 404, 404, 422, 404, 302, interpreter=404)
MEMBERS_ANSWER = _given(404, 404, 404, 404, 302, 404, 302, interpreter=404)


def _case(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cases_made.running(cast).pk}


def _case_step(step: str, cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cases_made.running(cast).pk, "step": step}


def _case_number(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cases_made.running(cast).measures.get().pk}


def _case_without_lead(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cases_made.left_alone(cast).pk}


def _danger(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": cases_made.danger(cast).pk}


_OWN = _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)
_OWN_ANSWER = _given(302, 302, 302, 302, 302, 302, 302, interpreter=302)

ROWS = (
    Row("today", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)),
    Row("answer_here", _given(422, 422, 422, 422, 422, 404, 302), _talk, "post"),
    Row("unclear_here", WROTE_ANSWER, _message, "post", {"what": "again"}),
    Row("set_up", OFFICE),
    Row("gallery", ADMIN),
    Row("reach", ANY),
    Row("reach_groups", ANY),
    Row("reach_families", ANY),
    Row("set_language", _given(*[302] * 7), method="post", data={"language": "ar"}),
    Row("families", ANY),
    Row("families", _given(*[302] * 7, interpreter=403), method="post", data={"q": "Troy"}),
    Row("family", SERVES, _emily),
    Row("note", SERVES, _emily),
    Row("note", _given(422, 422, 422, 422, 422, 404, 302), _emily, "post"),
    Row("add_point", _given(200, 200, 200, 403, 403, 403, 302), _emily),
    Row(
        "wrong_point",
        OFFICE_ANSWER,
        lambda cast, did: {
            "pk": cast.emilys_home.pk,
            "point": cast.emilys_mother.points.get().pk,
        },
        "post",
    ),
    Row(
        "guardian",
        OFFICE,
        lambda cast, did: {"pk": cast.emilys_home.pk, "guardian": cast.emilys_mother.pk},
    ),
    Row("restrict", OFFICE, _emily),
    Row("mend", OFFICE),
    Row("mend_export", OFFICE),
    Row("mend_change", OFFICE, mended.change_pk),
    Row("mend_change", OFFICE_ANSWER, mended.change_pk, "post", {"is_so": "yes"}),
    Row("same", OFFICE),
    Row("same_pair", OFFICE, mended.pair_pk),
    Row("same_pair", OFFICE_ANSWER, mended.pair_pk, "post", {"decision": "no"}),
    Row("apart", OFFICE, mended.merge_pk),
    Row("apart", OFFICE_ANSWER, mended.merge_pk, "post", {}),
    Row(
        "lift",
        OFFICE,
        lambda cast, did: {"pk": cast.hectors_home.pk, "restriction": cast.order.pk},
    ),
    Row(
        "lift",
        OFFICE_ANSWER,
        lambda cast, did: {"pk": cast.hectors_home.pk, "restriction": cast.order.pk},
        "post",
    ),
    Row("wishes", OFFICE, _emily),
    Row(
        "wishes",
        OFFICE_ANSWER,
        _emily,
        "post",
        {"digest_day": "5", "customs": "Speak to the grandmother first."},
    ),
    Row("start_point", OFFICE, _stopped),
    Row("start_point", _given(422, 422, 422, 403, 403, 403, 302), _stopped, "post"),
    Row("surveys", OFFICE),
    Row("survey_make", OFFICE),
    Row("survey_make", _given(422, 422, 422, 403, 403, 403, 302), method="post"),
    Row("survey_forms", OFFICE),
    Row("survey_forms", _given(422, 404, 404, 403, 403, 403, 302), method="post"),
    Row("survey", OFFICE, surveying.draft_pk),
    Row("survey", OFFICE, surveying.open_pk),
    Row("survey_words", OFFICE, surveying.draft_pk),
    Row("survey_words", OFFICE_ANSWER, surveying.draft_pk, "post"),
    Row("survey_send", OFFICE_ANSWER, surveying.draft_pk, "post"),
    Row("survey_follow_up", OFFICE_ANSWER, surveying.open_pk, "post"),
    Row("survey_close", OFFICE_ANSWER, surveying.open_pk, "post"),
    Row("survey_discard", OFFICE_ANSWER, surveying.draft_pk, "post"),
    Row("survey_results", OFFICE, surveying.open_pk),
    Row("survey_csv", OFFICE, surveying.open_pk),
    Row("survey_enter", OFFICE, surveying.open_pk),
    Row("survey_enter", _given(422, 422, 422, 403, 403, 403, 302), surveying.open_pk, "post"),
    # Without a language there is no sheet.
    Row("survey_sheets", _given(404, 404, 404, 403, 403, 403, 302), surveying.open_pk),
    Row("survey_sheet", OFFICE, surveying.sheet),
    Row("cases", ANY),
    Row("case_new", SERVES, lambda cast, did: {"student": cast.emily.pk}),
    Row(
        "case_new",
        _given(422, 422, 422, 422, 422, 404, 302),
        lambda cast, did: {"student": cast.emily.pk},
        "post",
    ),
    # A case is its members': Mrs. C's, who began it. No other role opens it.
    Row("case", MEMBERS, _case),
    *(
        Row("case_step", MEMBERS, partial(_case_step, step))
        for step in ("say", "note", "ask", "asked", "consent", "definition", "agree")
    ),
    *(
        Row("case_step", MEMBERS, partial(_case_step, step))
        for step in ("measure", "data", "plan", "rate", "decide", "members", "on", "again")
    ),
    *(
        Row("case_step", MEMBERS_UNFILLED, partial(_case_step, step), "post")
        for step in ("say", "note", "asked", "definition", "measure", "plan", "rate", "decide")
    ),
    Row("case_step", MEMBERS_ANSWER, partial(_case_step, "agree_school"), "post"),
    Row("case_tap", MEMBERS_ANSWER, _case_number, "post", {"day": "x", "value": "1"}),
    Row("case_chart", MEMBERS, _case_number),
    Row("case_take_over", _given(404, 404, 404, 404, 404, 404, 302), _case),
    Row("case_take_over", _given(404, 200, 404, 404, 404, 404, 302), _case_without_lead),
    Row(
        "case_alert", _given(404, 404, 404, 404, 404, 404, 302, interpreter=404, duty=200), _danger
    ),
    Row("welcome", ANY),
    Row("welcome_ask", _given(*[302] * 7, interpreter=403), method="post"),
    Row("welcome_number", _given(*[302] * 7, interpreter=403), method="post"),
    Row("welcome_begin", SERVES, _emily),
    Row("welcome_begin", _given(422, 422, 422, 422, 422, 404, 302), _emily, "post"),
    Row("welcome_talk", SERVES, welcomed.talk_pk),
    Row("welcome_talk", SERVES_ANSWER, welcomed.talk_pk, "post", {"w_help_0": "A ride"}),
    Row("welcome_sheet", SERVES, welcomed.talk_pk),
    Row("welcome_sound", SERVES, welcomed.sound_pk),
    Row("welcome_carer", OFFICE_ANSWER, welcomed.carer_pk, "post", {"do": "leave"}),
    Row("good_news", ANY),
    Row(
        "good_news_card",
        SERVES,
        lambda cast, did: {"pk": cast.emilys_home.pk, "student": cast.emily.pk},
    ),
    Row("goals", ANY),
    Row("goal_alarm", _given(*[404] * 6, 302, interpreter=404), lambda c, d: {"pk": 1}, "post"),
    Row("child_goals", SERVES, lambda cast, did: {"pk": cast.emily.pk}),
    Row(
        "child_goals",
        SERVES_UNFILLED,
        lambda cast, did: {"pk": cast.emily.pk},
        "post",
        {"do": "keep"},
    ),
    Row("goal", SERVES, _goal),
    Row("goal", SERVES_UNFILLED, _goal, "post", {"what": "end"}),
    Row("goal_edit", SERVES, _goal),
    Row(
        "goal_paper",
        SERVES,
        lambda cast, did: {"pk": together.goal(cast).pk, "language": "en"},
    ),
    Row(
        "talk_begin",
        _given(404, 404, 404, 404, 404, 404, 302),  # without a child
        _emily,
        "post",
    ),
    Row("talk", SERVES, _tense),
    Row("talk", SERVES_UNFILLED, _tense, "post", {"what": "step"}),
    Row(
        "talk_sheet",
        SERVES,
        lambda cast, did: {"pk": together.talk(cast).pk, "language": "es"},
    ),
    Row("talk_step", SERVES_ANSWER, lambda c, d: {"pk": together.agreed(c).pk}, "post"),
    Row("talk_close", SERVES_ANSWER, _tense, "post"),
    Row("good_news_rooms", _given(200, 200, 404, 200, 404, 404, 302, **_NOT_A_LEADER)),
    Row("absences", OFFICE),
    # Emily is at the elementary school, whose office this is.
    Row("excuse", OFFICE_ANSWER, _nothing, "post", {"student": "{emily}"}),
    Row("withdraw_excuse", OFFICE_ANSWER, _excuse, "post"),
    Row("progress_settings", OFFICE),
    Row("progress_settings", _given(422, 404, 404, 403, 403, 403, 302), method="post"),
    Row("progress_files", OFFICE),
    Row("progress_load", OFFICE, _progress_load),
    Row("progress_new", OFFICE_ANSWER, lambda cast, did: {"kind": "attendance"}, "post"),
    # An upload is its owner's.
    Row("progress_upload", _given(200, 404, 404, 403, 403, 403, 302), _attendance_file),
    Row(
        "progress_confirm",
        OFFICE_ANSWER,
        lambda cast, did: {"kind": "attendance", "key": "0" * 32},
        "post",
    ),
    Row("progress_discard", _given(302, 404, 404, 403, 403, 403, 302), _attendance_file, "post"),
    Row("homework", ANY),
    Row("homework", _given(*[302] * 7, interpreter=403), method="post"),
    Row("homework_pin", _given(*[302] * 7, interpreter=403), method="post", data={"pin": "604182"}),
    Row("homework_undo", _given(404, 404, 404, 404, 302, 404, 302), _posting, "post"),
    Row("homework_sheet", _given(404, 404, 404, 404, 200, 404, 302), _class),
    Row("hotline_call", _given(*[405] * 7)),
    Row("hotline_call", _given(*[503] * 7), method="post"),  # where no calls are set up
    Row("hotline_step", _given(*[503] * 7), lambda cast, did: {"step": "language"}, "post"),
    Row("calendar", OFFICE),
    Row("calendar", _given(302, 422, 422, 403, 403, 403, 302), method="post", data=CLOSED),
    Row("calendar", _given(302, 404, 404, 403, 403, 403, 302), method="post", data=HOURS),
    Row("calendar_file", OFFICE),
    Row("calendar_file", _given(422, 422, 422, 403, 403, 403, 302), method="post"),
    Row("coach_moves", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)),
    Row("coach_look", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200), method="post"),
    Row("write", ANY),
    Row("write", _given(422, 422, 422, 422, 422, 422, 302), method="post"),
    Row("write_count", ANY, method="post"),
    Row("write_keep", _given(204, 204, 204, 204, 204, 204, 302), method="post"),
    # A draft is its writer's: Mrs. C's.
    Row("write_check", OWN, _draft),
    Row("write_check", OWN_ANSWER, _draft, "post"),
    Row("write_send", OWN_ANSWER, _draft, "post"),
    Row("write_test", OWN_ANSWER, _draft, "post"),
    Row("write_discard", _given(*[302] * 7, interpreter=403), _draft, "post"),
    Row("write_phrasebook", OWN, _draft),
    Row("write_letter", OWN, lambda cast, did: {**_draft(cast, did), "language": "en"}),
    Row("sent_progress", WROTE, _message),
    Row("sent_missed", WROTE, _message),
    Row("sent_undo", WROTE_ANSWER, _message, "post"),
    Row("sent_later", WROTE_ANSWER, _message, "post", {"when": "now"}),
    Row("sent_stop", WROTE_ANSWER, _message, "post"),
    Row("sent", ANY),
    Row("sent_message", WROTE, _message),
    Row(
        "decide",
        WROTE_ANSWER,
        lambda cast, did: {"pk": did.message.pk, "delivery": did.held.pk},
        "post",
        {"what": "leave"},
    ),
    Row("decide_all", WROTE_ANSWER, _message, "post", {"what": "leave"}),
    Row("inbox", ANY),
    # About Troy: a teacher of his sister serves the family, and not him.
    Row("conversation", SERVES, _talk),
    Row("voice", SERVES, _voice),
    Row("move_words", SERVES, _said),
    Row("move_words", _given(422, 422, 422, 422, 422, 404, 302), _said, "post"),
    Row("read_aloud", WROTE, _words),
    Row("read_aloud", _given(422, 422, 422, 404, 422, 404, 302), _words, "post"),
    Row("recording", WROTE, _words),
    Row("recorded", _given(*[404] * 7), lambda cast, did: {"token": "forged"}),
    Row("forget_recording", WROTE_ANSWER, _words, "post"),
    Row("settled", SERVES_ANSWER, _talk, "post"),
    Row("unsettled", SERVES_ANSWER, _settled, "post"),
    Row("left", SERVES_ANSWER, _talk, "post"),
    Row("aside", SERVES_ANSWER, _talk, "post"),
    Row("awaited_back", SERVES_ANSWER, _awaited_here, "post"),
    Row("unplace_words", OFFICE_ANSWER, _said, "post"),
    Row("place_words", OFFICE, _unknown),
    Row("canned", ANY),
    Row("canned_new", ANY),
    Row("canned_new", _given(422, 422, 422, 422, 422, 422, 302), method="post"),
    Row("canned_one", _given(200, 200, 200, 404, 404, 404, 302), _canned),
    Row("canned_forget", _given(302, 302, 302, 404, 404, 404, 302), _canned, "post"),
    Row("awaited_answers", TRANSLATES),
    # An interpreter whose languages nobody has put down has none of these.
    Row("awaited_answer", {**TRANSLATES, "interpreter": 404}, _awaited),
    Row(
        "awaited_answer",
        {**TRANSLATES, "district_admin": 422, "interpreter": 404},
        _awaited,
        "post",
    ),
    Row("interpreters", BOOKS),
    Row("add_interpreter", BOOKS),
    Row(
        "add_interpreter",
        {role: 422 if was == 200 else was for role, was in BOOKS.items()},
        method="post",
    ),
    Row("interpreter", BOOKS, _interpreter),
    Row(
        "book_interpreter",
        _given(200, 200, 200, 200, 404, 404, 302, duty=404, records=404),
    ),
    Row("booking", _given(200, 200, 200, 200, 200, 404, 302, interpreter=404), _booking),
    Row("my_bookings", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)),
    Row("my_calendar", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)),
    Row(
        "answer_booking",
        _given(404, 404, 404, 404, 404, 404, 302, interpreter=404),
        _booking,
        "post",
    ),
    Row("hand_over", SERVES_ANSWER, _talk, "post"),
    # The principal was told; admin and counselor may read protected words.
    Row(
        "alert",
        _given(200, 200, 404, 200, 404, 404, 302, family_liaison=404),
        lambda cast, did: {"pk": did.alert.pk},
    ),
    Row(
        "alert",
        _given(404, 302, 404, 404, 404, 404, 302),
        lambda cast, did: {"pk": did.alert.pk},
        "post",
    ),
    Row("tasks", ANY),
    Row("task_sheets", ANY),
    Row("task_by_number", _given(*[302] * 7, interpreter=403), method="post"),
    Row("hand_over_tasks", OFFICE_ANSWER, method="post"),
    Row("task", SERVES, _step),
    Row("task", _given(422, 422, 422, 422, 422, 404, 302), _step, "post"),
    Row("task_sheet", SERVES, _step),
    # Its owner passes it on, and whoever gives out the work.
    Row("hand_over_task", _given(302, 302, 302, 404, 302, 404, 302), _step, "post"),
    Row("drop_task", _given(302, 302, 302, 404, 302, 404, 302), _step, "post", {"why": "moot"}),
    Row("open_task_again", SERVES_ANSWER, _step, "post"),
    Row("plan_visit", SERVES, _step),
    Row("plan_visit", _given(422, 422, 422, 422, 422, 404, 302), _step, "post"),
    Row("visit", SERVES, _going),
    Row("check_in", SERVES_ANSWER, _going, "post"),
    Row("check_out", SERVES_ANSWER, _going, "post"),
    Row("stay_longer", SERVES_ANSWER, _going, "post"),
    Row("call_off", SERVES_ANSWER, _going, "post", {"why": "rain"}),
    Row("plan", SERVES, _emily),
    Row("plan", SERVES_ANSWER, _emily, "post"),
    Row("plan_resume", SERVES_ANSWER, _planned, "post"),
    Row("plan_in_contact", SERVES_ANSWER, _planned, "post"),
    Row(
        "plan_change",
        _given(422, 422, 422, 422, 422, 404, 302),
        lambda cast, did: {**_planned(cast, did), "what": "note"},
        "post",
    ),
    Row(
        "trust_ended",
        SERVES_ANSWER,
        lambda cast, did: {"pk": cast.emilys_home.pk, "go_between": steps.aunt(cast).pk},
        "post",
    ),
    Row("hours", ANY),
    Row("back", _given(404, 404, 404, 404, 302, 404, 302), _away, "post"),
    Row("letters", OFFICE),
    Row("batch", OFFICE, lambda cast, did: {"name": did.batch}),
    Row(
        "handed",
        OFFICE_ANSWER,
        lambda cast, did: {"pk": did.handover.pk},
        "post",
        {"what": "given"},
    ),
    Row("posted", OFFICE_ANSWER, lambda cast, did: {"name": did.batch}, "post"),
    Row("other_way", OFFICE_ANSWER, lambda cast, did: {"name": did.batch}, "post"),
    Row("letter_again", OFFICE, _letter, "post"),
    Row("paper_ways", OFFICE),
    Row("paper_ways", OFFICE_ANSWER, method="post"),
    Row("paper_wish", OFFICE_ANSWER, _emily, "post", {"paper": "bag"}),
    Row("slip", OFFICE),
    Row("returned", OFFICE),
    Row("returned", _given(422, 422, 422, 403, 403, 403, 302), method="post"),
    Row("returned_undo", OFFICE_ANSWER, _letter, "post"),
    Row("newsletter", OFFICE),
    Row("newsletter", _given(422, 422, 422, 403, 403, 403, 302), method="post"),
    Row("newsletter_one", OFFICE, _newsletter),
    Row("newsletter_pdf", OFFICE, lambda cast, did: {**_newsletter(cast, did), "language": "en"}),
    Row(
        "newsletter_page",
        OFFICE,
        lambda cast, did: {**_newsletter(cast, did), "language": "en", "page": 1},
    ),
    Row("bags", ANY),
    Row("bag_room", SERVES, _in_a_bag),
    Row("bag_room", SERVES_ANSWER, _in_a_bag, "post"),
    Row("bags_again", OFFICE_ANSWER, method="post"),
    Row("translations", TRANSLATES),
    Row("translation", TRANSLATES | {"interpreter": 404}, _in_creole),
    Row("glossary", TRANSLATES),
    Row("phrasebook", TRANSLATES),
    Row("phrasebook_add", TRANSLATES),
    Row("phrasebook_message", TRANSLATES, lambda cast, did: {"key": "absence.first_day"}),
    Row("languages", ADMIN),
    Row("engine", ADMIN, lambda cast, did: {"name": "deepl"}),
    Row("district", ADMIN),
    Row("district", _given(422, 403, 403, 403, 403, 403, 302), method="post"),
    Row("school", ADMIN, _school),
    Row("school", ADMIN_ANSWER, _school, "post"),
    Row("carriers", ADMIN),
    Row("carrier", ADMIN, _carrier),
    Row("carrier", _given(422, 403, 403, 403, 403, 403, 302), _carrier, "post"),
    Row("try_carrier", ADMIN_ANSWER, _carrier, "post"),
    Row("policies", ADMIN),
    Row("policy", ADMIN, _policy),
    Row("policy", ADMIN_ANSWER, _policy, "post", {"what": "ours"}),
    # Where somebody runs the installation it opens nothing, whoever holds the link.
    Row("begin", _given(*[410] * 7), _begin),
    Row("roster", ADMIN),
    Row("roster_new", ADMIN_ANSWER, method="post"),
    Row("roster_folder", ADMIN_ANSWER, method="post"),
    Row("roster_run", ADMIN, lambda cast, did: {"pk": did.run.pk}),
    Row("roster_upload", ADMIN, _upload),
    Row("roster_confirm", ADMIN_ANSWER, _upload, "post"),
    Row("roster_discard", ADMIN_ANSWER, _upload, "post"),
    Row("feedback", ANY),
    Row("feedback_item", SERVES, _asked_for),
    Row("feedback_item", SERVES_UNFILLED, _asked_for, "post"),
    Row("feedback_give", SERVES_ANSWER, _asked_for, "post"),
    Row("feedback_reopen", SERVES_ANSWER, _asked_for, "post"),
    Row("feedback_join", _given(302, 302, 302, 403, 403, 403, 302), _asked_for, "post"),
    # Without a family whom they serve.
    Row("make_feedback", _given(404, 404, 404, 404, 404, 404, 302), method="post"),
    Row("feedback_changes", OFFICE),
    Row("feedback_change_new", OFFICE),
    Row("feedback_change", OFFICE, _changed),
    Row("feedback_change_say", OFFICE_ANSWER, _changed, "post"),
    Row("feedback_change_publish", OFFICE_ANSWER, _changed, "post"),
    Row("barriers", ANY),
    Row("barriers_file", ANY),
    Row("barrier_families", ANY, lambda cast, did: {"code": no_ride(cast).code}),
    Row("note_barrier", SERVES_ANSWER, _emily, "post", {"barrier": "nights"}),
    Row("solve_barrier", SERVES_ANSWER, _emily, "post", {"solution": "ride", "state": "offered"}),
    Row("end_barrier", SERVES_ANSWER, _in_the_way, "post"),
    Row("barrier_catalogue", ADMIN),
    Row("barrier_new", ADMIN),
    Row("barrier_new", _given(422, 403, 403, 403, 403, 403, 302), method="post"),
    Row("barrier_line", ADMIN, lambda cast, did: {"code": "nights"}),
    Row(
        "barrier_line", ADMIN_ANSWER, lambda cast, did: {"code": "time"}, "post", {"what": "retire"}
    ),
    Row("solution_new", ADMIN),
    Row("solution_line", ADMIN, lambda cast, did: {"code": "ride"}),
    Row("record_requests", RECORDS),
    Row("record_request", RECORDS, _wish),
    Row("record_request", _given(422, 403, 403, 403, 403, 403, 302, records=422), _wish, "post"),
    Row("student_pages", ADMIN),
    Row("student_pages", ADMIN_ANSWER, method="post", data={"since": "09"}),
    Row("own_pages", OFFICE, _emily),
    Row("own_pages_pin", OFFICE, _emilys_mother, "post"),
    Row("own_pages_close", OFFICE_ANSWER, _emilys_mother, "post"),
    Row("account_login", _given(302, 302, 302, 302, 302, 302, 200, interpreter=302)),
    Row("account_request_login_code", _given(302, 302, 302, 302, 302, 302, 200, interpreter=302)),
    Row("account_confirm_login_code", _given(*[302] * 7)),
    Row("account_logout", _given(200, 200, 200, 200, 200, 200, 302, interpreter=200)),
    Row("account_inactive", _given(*[200] * 7)),
    Row("mfa_login_webauthn", _given(*[302] * 7), method="post"),
    Row("mfa_authenticate", _given(*[302] * 7)),
    Row("account", _OWN),
    Row("account_sign_out", _OWN_ANSWER, method="post"),
    # Where somebody has a second step; nobody of the cast has one.
    Row("account_reauthenticate", _given(403, 403, 403, 403, 403, 403, 302)),
    Row("mfa_reauthenticate", _given(403, 403, 403, 403, 403, 403, 302)),
    Row("mfa_reauthenticate_webauthn", _given(403, 403, 403, 403, 403, 403, 302)),
    Row("mfa_add_webauthn", _OWN),
    Row(
        "mfa_remove_webauthn", _given(*[404] * 6, 302, interpreter=404), lambda cast, did: {"pk": 1}
    ),
    Row("mfa_activate_totp", _OWN),
    Row("mfa_deactivate_totp", _given(*[404] * 6, 302, interpreter=404)),
    Row("mfa_view_recovery_codes", _given(*[404] * 6, 302, interpreter=404)),
    Row("mfa_generate_recovery_codes", _OWN),
    # No district's sign-in is set up here.
    Row("openid_connect_login", _given(*[404] * 7), lambda cast, did: {"provider_id": "nobody"}),
    Row("openid_connect_callback", _given(*[404] * 7), lambda cast, did: {"provider_id": "nobody"}),
    Row("people", OFFICE),
    Row("add_person", OFFICE),
    Row("add_person", _given(422, 422, 422, 403, 403, 403, 302), method="post"),
    Row("duty", OFFICE),
    # The office's own rights are less than a duty person's.
    Row("duty", _given(404, 404, 404, 403, 403, 403, 302), method="post"),
    # Clara teaches at the elementary school.
    Row("person", OFFICE, _clara),
    Row("give_role", _given(422, 422, 422, 403, 403, 403, 302), _clara, "post"),
    Row("end_role", OFFICE, _claras_role),
    Row("end_role", OFFICE_ANSWER, _claras_role, "post"),
    Row("role_scope", OFFICE_ANSWER, _claras_role, "post"),
    Row("person_reach", OFFICE_ANSWER, _clara, "post", {"email": "clara@grandbend.example"}),
    Row("person_link", OFFICE_ANSWER, _clara, "post"),
    Row("person_sign_out", OFFICE_ANSWER, _clara, "post"),
    Row("person_second_step", ADMIN, _clara),
    Row("end_account", OFFICE, _clara),
    Row("end_account", OFFICE_ANSWER, _clara, "post"),
    Row("open_account", ADMIN_ANSWER, _clara, "post"),
    Row("case_load", OFFICE, _clara),
    Row("case_load", _given(404, 404, 404, 403, 403, 403, 302), _clara, "post"),
    Row("sign_in_link", _given(*[410] * 7), lambda cast, did: {"token": "forged"}),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.name}")
def test_each_role_gets_what_the_table_says(everybody: Cast, visit: Visit, row: Row) -> None:
    path = reverse(row.name, kwargs=row.kwargs(everybody, happened(everybody)))
    data = {
        name: value.format(emily=everybody.emily.pk) for name, value in (row.data or {}).items()
    }
    found = {
        role: _ask(visit(user), row.method, path, data)
        for role, user in everybody.by_role().items()
    }
    assert found == row.expected


def _ask(client: Client, method: str, path: str, data: Mapping[str, str]) -> int:
    """The answer's status; what the request changed is taken back."""
    try:
        with transaction.atomic():
            status = getattr(client, method)(path, data).status_code
            raise _TakenBack
    except _TakenBack:
        return int(status)


class _TakenBack(Exception):
    pass


def _family_side() -> ModuleType | None:
    try:
        return importlib.import_module("web.family.access_rows")
    except ModuleNotFoundError:
        return None


THROTTLES = (
    homework.guesses,
    survey.sending,
    notices.asking,
    right.filling,
    right.typing,
    frame.misses,
    reply.sending,
    entering.asking,
    entering.typing,
)


def test_the_family_side_keeps_its_own_table(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for throttle in THROTTLES:  # other tests of this process guessed, too
        throttle.forget()
    family = _family_side()
    assert family is not None
    configure("twilio", {"account_sid": "AC1", "auth_token": "t", "from_number": "+13125550100"})
    delivery = happened(everybody).handover
    people = everybody.by_role()
    found = []
    for method, path, statuses in family.ROWS:
        row = {}
        for role in statuses:
            for throttle in THROTTLES:  # all of them ask from the same place
                throttle.forget()
            row[role] = _ask(visit(people[role]), method.lower(), path(delivery), {})
        found.append(row)
    assert found == [dict(statuses) for _method, _path, statuses in family.ROWS]


def test_no_address_is_missing_from_the_table(everybody: Cast) -> None:
    did = happened(everybody)
    known = {resolve(reverse(row.name, kwargs=row.kwargs(everybody, did))).route for row in ROWS}
    family = _family_side()
    if family is not None:
        known |= {resolve(path(did.held)).route for _method, path, _statuses in family.ROWS}
    assert set(_routes(get_resolver().url_patterns)) - known == set()


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, here)
        else:
            yield here


def test_a_person_of_another_district_finds_nothing(everybody: Cast, visit: Visit) -> None:
    from bothways.accounts.enums import Role
    from people import district, staff

    stranger = staff("Zoe", Role.DISTRICT_ADMIN, district("Far Away"))
    did = happened(everybody)
    paths = [
        reverse("family", kwargs={"pk": everybody.emilys_home.pk}),
        reverse("sent_message", kwargs={"pk": did.message.pk}),
        reverse("conversation", kwargs={"pk": did.talk.pk}),
        reverse("alert", kwargs={"pk": did.alert.pk}),
        reverse("batch", kwargs={"name": did.batch}),
        reverse("roster_run", kwargs={"pk": did.run.pk}),
        reverse("roster_upload", kwargs={"key": did.upload.key}),
        reverse("task", kwargs={"pk": steps.step(everybody).pk}),
        reverse("visit", kwargs={"pk": steps.going(everybody).pk}),
        reverse("plan", kwargs={"pk": everybody.emilys_home.pk}),
    ]
    assert [visit(stranger).get(path).status_code for path in paths] == [404] * len(paths)


def test_whoever_has_no_role_is_told_so(everybody: Cast, visit: Visit) -> None:
    from bothways.accounts.models import User

    nobody = User.objects.create_user("new@grandbend.example", district=everybody.district)
    answer = visit(nobody).get("/")
    assert answer.status_code == 403
    assert "Your role does not do this" in answer.content.decode()
