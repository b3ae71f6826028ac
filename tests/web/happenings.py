"""What has happened in the cast's district when a test begins: sent, answered, printed, imported."""

import json
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile

from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.channels.letters.tray import batch_name, lay
from bothways.core import clock
from bothways.core.home import bothways_home
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Meaning, Purpose, State
from bothways.messaging.models import Alert, Bag, Conversation, Delivery, Entry, Message
from bothways.messaging.services.messages import Draft, send
from bothways.messaging.services.replies import receive_page
from bothways.people.models import Household, Student
from bothways.roster.models import ImportRun
from bothways.schools.models import Section
from bothways.web.staff import uploads
from bothways.web.staff.uploads import Upload
from people import Cast

WORDS = {
    "en": "Troy takes part a lot in class. What do you see at home?",
    "es": "Troy participa mucho en clase. ¿Qué ve usted en casa?",
    "ar": "يشارك تروي كثيرًا في الصف.",
}


def write(
    cast: Cast, by: User | None, audience: Audience | None = None, about: Student | None = None
) -> Message:
    """A message that the carriers have taken."""
    message, _fanned = send(
        Draft(
            Purpose.PERSONAL if about else Purpose.ROUTINE,
            audience or Audience(),
            WORDS,
            {},
            student=about,
            school=cast.elementary,
        ),
        district=cast.district,
        by=by,
    )
    Delivery.objects.filter(message=message).update(
        state=State.ACCEPTED.value, rank=State.ACCEPTED.rank, accepted_at=clock.now()
    )
    return message


def to(message: Message, home: Household) -> Delivery:
    return Delivery.objects.filter(message=message, household=home).order_by("pk")[0]


def says(delivery: Delivery, words: str = "", button: Meaning | None = None) -> Entry:
    entry = receive_page(delivery, words=words, button=button, form_key=None)
    assert entry is not None
    return entry


def printed(*deliveries: Delivery) -> str:
    """A batch in the print tray with these letters."""
    kind = "handover" if deliveries[0].channel == Channel.HANDOVER.value else "letter"
    name = batch_name(kind, [d.key for d in deliveries])
    letters = [{"key": d.key, "pages": 1} for d in deliveries]
    ticket = {"batch": name, "made_at": clock.now().isoformat(), "letters": letters}
    lay(bothways_home() / "letters", name, b"%PDF-1.7 letters", json.loads(json.dumps(ticket)))
    return name


def in_the_bag(letter: Delivery, child: Student, room: Section) -> Bag:
    """This letter lies at school, to be taken home by this child."""
    state = State.PRINTED
    Delivery.objects.filter(pk=letter.pk).update(
        channel=Channel.HANDOVER.value,
        address="",
        state=state.value,
        rank=state.rank,
        accepted_at=None,
        claimed_at=clock.now(),
    )
    return Bag.objects.get_or_create(delivery_id=letter.pk, student=child, section=room)[0]


def uploaded(by: User, name: str = "students.csv", content: bytes = b"a,b\n1,2\n") -> Upload:
    assert by.district_id is not None
    return uploads.take([SimpleUploadedFile(name, content)], user=by.pk, district=by.district_id)


@dataclass
class Happened:
    message: Message
    held: Delivery
    talk: Conversation
    alert: Alert
    handover: Delivery
    batch: str
    run: ImportRun
    upload: Upload


def happened(cast: Cast) -> Happened:
    """Mrs. C wrote to room 12; Alician answered about Troy; Emily's parents wrote words of danger."""
    about_troy = write(cast, cast.mrs_c, Audience(students=(cast.troy.sis_id or "",)), cast.troy)
    says(to(about_troy, cast.troys_home), "He does it but then it stays in his bag.")
    message = write(cast, cast.mrs_c, Audience(sections=(cast.room_12.sis_id,)))
    letter = to(message, cast.emilys_home)
    entry = says(letter, "my husband has a gun and says he will kill us, please help")
    held = to(message, cast.nours_home)
    Delivery.objects.filter(pk=held.pk).update(state=State.HELD.value, rank=State.HELD.rank)
    upload = uploaded(cast.admin)
    upload.stage = "ready"
    upload.save()
    return Happened(
        message=message,
        held=held,
        talk=Conversation.objects.get(student=cast.troy),
        alert=Alert.objects.get(entry=entry, user=cast.principal),
        handover=to(message, cast.luiss_home),
        batch=printed(letter),
        run=ImportRun.objects.create(district=cast.district, at=clock.now()),
        upload=upload,
    )
