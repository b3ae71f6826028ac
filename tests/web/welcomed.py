"""What Emily's mother told in a welcome conversation, for pages that need one."""

from bothways.welcome.enums import How
from bothways.welcome.models import Answer, Talk
from bothways.welcome.services import answer, answer_by_voice, begin
from people import Cast
from web.happenings import Happened


def talk(cast: Cast) -> Talk:
    return begin(
        household=cast.emilys_home,
        guardian=cast.emilys_mother,
        how=How.VISIT,
        language="en",
        by=cast.mrs_c,
    )


def told(cast: Cast, question: str, words: str) -> Answer:
    row = answer(
        talk=talk(cast), question=question, student=None, words=words, how=How.VISIT, by=cast.mrs_c
    )
    assert row is not None
    return row


def talk_pk(cast: Cast, did: Happened) -> dict[str, object]:
    told(cast, "help", "Somebody to watch the dogs")
    return {"pk": talk(cast).pk}


def sound_pk(cast: Cast, did: Happened) -> dict[str, object]:
    row = answer_by_voice(
        talk=talk(cast), question="story", student=None, data=b"OggS", how=How.PAGE, by=None
    )
    return {"pk": row.pk}


def carer_pk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": told(cast, "carers", "Her aunt Joan").carer.pk}
