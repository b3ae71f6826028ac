"""Tell the school about the family: one question at a time, in writing or by voice, as much as they like."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, QueryDict

from bothways.channels.letters.booklet import Item
from bothways.languages.codes import direction
from bothways.people.enums import WordClass
from bothways.web.family.chapter import Part
from bothways.web.family.inside import Visit, inside
from bothways.web.sounds import played
from bothways.web.welcoming import answered_on_page, tell_duty
from bothways.welcome import services
from bothways.welcome.enums import How
from bothways.welcome.models import Answer, Sound, Talk
from bothways.welcome.queries import talk_of, told_by_family
from bothways.welcome.questions import CARERS, HARD, REACH, Asking, asked_about, questions
from bothways.welcome.rules import CHOICES, others_may_read
from bothways.welcome.sounds import MOST_BYTES, NotASound

# Their own words in these classes are shown again on the own page; what is kept safe is not, since a phone
# lies about.
_SHOWN = (WordClass.FAMILY.value, WordClass.SPEAKER_ONLY.value)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as this adult reads it again."""

    answer: Answer
    question: str
    heading: str
    words: str
    safe: bool  # kept for named staff: not shown here
    own: bool
    spoken: bool
    change: str  # the key of its question; "" where it cannot be changed here

    @property
    def direction(self) -> str:
        return direction(self.answer.language) if self.answer.language else "auto"


def told(visit: Visit) -> list[Told]:
    """What they told, in the order of the questions; one query."""
    rows = told_by_family(visit.guardian, children=[child.pk for child in visit.children])
    asked = {asking.key for asking in _asked(visit)}
    order = {code: place for place, code in enumerate(questions())}
    found = []
    for row in rows:
        question = questions().get(row.question)
        if question is None:
            continue
        own = row.talk.guardian_id == visit.guardian.pk
        safe = row.word_class not in _SHOWN
        name = row.student.called or row.student.name if row.student else ""
        key = f"{row.question}_{row.student_id or 0}"
        by = row.by.name if row.by else visit.district.name
        day = visit.date(row.at)
        found.append(
            Told(
                row,
                question.words(visit.words.tag, name),
                visit.words.say("welcome_told", date=day)
                if row.how == How.PAGE.value and own
                else visit.words.say("welcome_written", name=by, date=day)
                if own
                else f"{row.talk.guardian.name} · {day}",
                visit.words["welcome_skip"] if row.declined else "" if safe else row.words,
                safe and not row.declined,
                own,
                bool(getattr(row, "spoken", False)) and not safe,
                key if own and key in asked else "",
            )
        )
    found.sort(key=lambda one: order[one.answer.question])
    return found


def _asked(visit: Visit) -> list[Asking]:
    return asked_about(visit.children)


@inside
def welcome(visit: Visit) -> HttpResponse:
    """The next question that has no answer, or the one that was asked for; below it what they told."""
    home = visit.guardian.household
    if home is None:
        return visit.show("welcome", {"title": visit.words["welcome_room"], "nothing": True})
    asked = _asked(visit)
    typed = ""
    if visit.request.method == "POST":
        posted = visit.posted()
        if posted is not None:
            answer = _post(visit, asked, posted)
            if answer is not None:
                return answer
        typed = _typed(visit)
    answers = told(visit)
    done = {one.change for one in answers if one.change}
    wish = visit.request.POST.get("q", "") if visit.wrong else visit.request.GET.get("q", "")
    place = next((n for n, one in enumerate(asked) if one.key == wish), None)
    if place is None:
        place = next((n for n, one in enumerate(asked) if one.key not in done), None)
        if visit.request.GET.get("end"):
            place = None
    now = asked[place] if place is not None else None
    before = next((one for one in answers if now and one.change == now.key), None)
    return visit.show(
        "welcome",
        {
            "title": visit.words["welcome_room"],
            "asking": now,
            "question": now.words(visit.words.tag) if now else "",
            "place": (place or 0) + 1,
            "of": len(asked),
            "next": asked[place + 1].key if place is not None and place + 1 < len(asked) else "",
            "typed": typed or (before.words if before and not before.answer.declined else ""),
            "readers": [
                (choice.value, visit.words[f"welcome_readers_{choice.value}"]) for choice in CHOICES
            ],
            "reader": before.answer.word_class
            if before
            else now.question.readers.value
            if now
            else "",
            "told": answers,
            "is_hard": bool(now and now.question.code == HARD),
            "is_reach": bool(now and now.question.code == REACH),
            "is_carers": bool(now and now.question.code == CARERS),
            "declined": False,
        },
        status=422 if visit.wrong else 200,
    )


def _typed(visit: Visit) -> str:
    """What was written, for the box: nothing is lost by a form that could not be taken."""
    try:
        return visit.request.POST.get("words", "")[: services.MAX_WORDS + 1000]
    except Exception:  # the form itself could not be read
        return ""


def _post(visit: Visit, asked: list[Asking], posted: QueryDict) -> HttpResponse | None:
    """None: something is wrong, and ``visit.wrong`` says what."""
    do = posted.get("do", "")
    if do == "back":
        return _take_back(visit, posted)
    if do == "not":
        services.decline(talk=_talk(visit), by=None)
        return visit.on("family-home", saved="1")
    asking = next((one for one in asked if one.key == posted.get("q", "")), None)
    if asking is None:
        visit.wrong = visit.words["page_press_again"]
        return None
    words = posted.get("words", "")
    sound = visit.request.FILES.get("voice")
    if len(words.replace("\r\n", "\n")) > services.MAX_WORDS:
        visit.wrong = visit.words.say("page_too_long", n=str(services.MAX_WORDS))
        return None
    if do != "skip" and not words.strip() and not sound:
        # Nothing said: on to the next, and nothing is written down.
        return _on(visit, asked, asking, answered=False)
    chosen = posted.get("readers", "")
    readers = WordClass(chosen) if chosen in set(CHOICES) else None
    talk = _talk(visit)
    row: Answer | None = None
    try:
        if do == "skip" or words.strip():
            row = services.answer(
                talk=talk,
                question=asking.question.code,
                student=asking.student,
                words="" if do == "skip" else words,
                how=How.PAGE,
                by=None,
                language=visit.words.tag,
                word_class=readers,
                declined=do == "skip",
            )
        if do != "skip" and sound is not None:
            row = _spoken(talk, asking, sound, readers)
    except (services.Unusable, NotASound):
        visit.wrong = visit.words["welcome_voice_wrong" if sound else "page_press_again"]
        return None
    if row is not None and do != "skip":
        answered_on_page(talk)
    if row is not None and row.danger:
        row.talk = talk
        entry = tell_duty(row)
        if entry is not None and entry.form_key:
            return visit.on("family-thanks", entry.form_key)
    return _on(visit, asked, asking, answered=True)


def _spoken(
    talk: Talk, asking: Asking, sound: "UploadedFile[Any]", readers: WordClass | None
) -> Answer:
    if (sound.size or 0) > MOST_BYTES:
        raise NotASound("The sound is larger than 5 MB.")
    return services.answer_by_voice(
        talk=talk,
        question=asking.question.code,
        student=asking.student,
        data=sound.read(),
        how=How.PAGE,
        by=None,
        word_class=readers,
    )


def _talk(visit: Visit) -> Talk:
    home = visit.guardian.household
    assert home is not None
    return services.begin(
        household=home,
        guardian=visit.guardian,
        how=How.PAGE,
        language=visit.words.tag,
        by=None,
    )


def _on(visit: Visit, asked: list[Asking], now: Asking, *, answered: bool) -> HttpResponse:
    """The next question; after the last one: thanks. All answered on the own page: the talk was held."""
    place = asked.index(now)
    kept = {"saved": "1"} if answered else {}
    if place + 1 < len(asked):
        return visit.on("family-welcome", q=asked[place + 1].key, **kept)
    home = visit.guardian.household
    talk = talk_of(home, visit.guardian) if home else None
    if talk is not None and talk.answers.exists():
        services.finish(talk=talk, how=How.PAGE, by=None)
    return visit.on("family-welcome", end="1")


def _take_back(visit: Visit, posted: QueryDict) -> HttpResponse:
    """Only what this adult told: another's words are another's to take back."""
    wish = posted.get("answer", "")
    row = (
        Answer.objects.filter(pk=int(wish), talk__guardian=visit.guardian).first()
        if wish.isascii() and wish.isdecimal() and len(wish) < 18
        else None
    )
    if row is None:
        raise Http404
    services.withdraw(answer=row, by=None)
    return visit.on("family-welcome", end="1", back="1")


@inside
def sound(visit: Visit, pk: str) -> HttpResponse:
    """An answer in their own voice."""
    found = (
        Sound.objects.select_related("answer__talk")
        .filter(
            answer=int(pk),
            answer__in=told_by_family(
                visit.guardian, children=[child.pk for child in visit.children]
            ).values("pk"),
        )
        .first()
    )
    if found is None or found.answer.word_class not in _SHOWN:
        raise Http404
    if found.answer.talk.guardian_id != visit.guardian.pk and not others_may_read(
        found.answer.word_class
    ):
        raise Http404
    return played(visit.request, bytes(found.data), found.content_type)


def part(visit: Visit) -> Part:
    """For “take it along”: what they told, as their page shows it."""
    answers = told(visit)
    return Part(
        "welcome",
        visit.words["welcome_room"],
        [
            Item(
                f"{one.question} · {one.heading}",
                visit.words["welcome_kept_safe"]
                if one.safe
                else one.words or visit.words["welcome_spoken"],
                "" if one.safe else one.answer.language,
            )
            for one in answers
        ],
        [
            {
                "question": one.question,
                "at": one.answer.at.astimezone(visit.district.zone).isoformat(),
                "words": one.words,
                "language": one.answer.language,
                "spoken": one.spoken,
                "readers": one.answer.word_class,
            }
            for one in answers
        ],
    )
