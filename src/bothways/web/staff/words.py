"""What the product's terms are called on staff pages; whole words, so that they can be translated."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, Promise]

LEVELS: Words = {
    "NONE": _("nothing sent yet"),
    "ATTEMPTED": _("sent, no word yet"),
    "DELIVERED": _("delivered"),
    "SEEN": _("seen"),
    "ANSWERED": _("answered"),
    "MET": _("met"),
}
REASONS: Words = {
    "no_guardian": _("we know no guardian"),
    "no_lawful_contact": _("nobody here may be contacted"),
    "not_attempted": _("we have not tried yet"),
    "no_contact_point": _("we have no way to reach them"),
    "stopped": _("they asked us to stop this way"),
    "no_translation": _("we have no words in their language"),
    "undelivered": _("nothing we sent arrived"),
    "waiting": _("sent, still time for a sign"),
    "no_sign": _("sent, no sign that it was seen"),
}
HOLDS: Words = {
    "no_guardian": _("we know no guardian"),
    "no_lawful_contact": _("nobody there may be contacted about this"),
    "no_contact_point": _("no number, email or address that works"),
    "stopped": _("they asked us to stop, and there is no other way"),
    "no_translation": _("this message has no version in their language"),
    "too_slow": _("only the post goes there, and this cannot wait for it"),
    "spoken_needed": _("nobody there reads: somebody has to tell it"),
    "called_off": _("withdrawn before it went out"),
}
CHANNELS: Words = {
    "text": _("text message"),
    "whatsapp": _("WhatsApp"),
    "push": _("notice on the phone"),
    "voice": _("automatic call"),
    "email": _("email"),
    "letter": _("letter"),
    "handover": _("letter given by hand"),
    "call": _("call"),
    "visit": _("visit"),
    "at_school": _("talk at school"),
    "go_between": _("by somebody they trust"),
    "other_place": _("talk at another place"),
    "page": _("reply page"),
}
BATCHES: Words = {
    "letter": _("To post"),
    "handover": _("To hand over"),
    "bag": _("Home in the bag"),
}
STATES: Words = {
    "queued": _("waiting to go out"),
    "claimed": _("going out"),
    "withheld": _("not sent: may not be contacted"),
    "gathered": _("goes with the digest"),
    "held": _("unclear whether it went out"),
    "printed": _("printed, not on its way yet"),
    "accepted": _("sent, no word yet"),
    "rejected": _("refused by the carrier"),
    "undelivered": _("did not arrive"),
    "delivered": _("delivered"),
    "seen": _("seen"),
    "answered": _("answered"),
}
PURPOSES: Words = {
    "routine": _("News"),
    "timely": _("News for today or tomorrow"),
    "personal": _("A personal note"),
    "emergency": _("Emergency"),
}
PURPOSES_MEAN: Words = {
    "routine": _("It can wait until the morning, and loses nothing by a day."),
    "timely": _("It loses its worth within a day: a closing, a change of plan."),
    "personal": _("From you to these families: good news, a question, an invitation."),
    "emergency": _("Goes out at once, at any hour, by every way. You are asked twice."),
}
TONES: Words = {
    "good": _("Good news"),
    "concern": _("A concern"),
    "": _("Neither, or some of both"),
}
CHANNELS_MANY: Words = {
    "text": _("Text messages"),
    "whatsapp": _("WhatsApp messages"),
    "push": _("Notices on phones"),
    "voice": _("Automatic calls"),
    "email": _("Emails"),
    "letter": _("Letters by post"),
    "handover": _("Letters given by hand"),
}
MEANINGS: Words = {
    "acknowledged": _("They let us know they have read it."),
    "stop": _("They asked us to stop writing to this address."),
    "start": _("They allowed us to write to this address again."),
    "help": _("They asked for help."),
    "wrong_person": _("It reached somebody else: this address is not theirs."),
    "auto_reply": _("An automatic reply."),
    "empty": _("An empty reply."),
    "spoken": _("They left a voice message."),
    "call_me": _("They would like a call."),
    "not_understood": _("They did not understand the message well."),
    "told": _("An answer to a question of ours."),
}
WAYS: Words = {
    "call": _("A call"),
    "visit": _("A visit at home"),
    "handover": _("Something handed over"),
    "at_school": _("A talk at school"),
    "go_between": _("Somebody they trust passed word on"),
    "other_place": _("A talk at another place"),
}
RESULTS: Words = {
    "talked": _("We talked"),
    "no_answer": _("Nobody answered this time"),
    "left_word": _("Left word"),
    "given": _("Given to a guardian"),
    "wrong_person": _("It was somebody else"),
    "moved": _("They moved"),
    "not_safe": _("It did not feel safe"),
}
TASKS: Words = {
    "call": _("Call them"),
    "visit": _("Visit them, in a pair"),
    "handover": _("Hand something over"),
    "go_between": _("Ask somebody they trust"),
    "neutral_place": _("Meet at another place"),
    "find_guardian": _("Find out who cares for the child"),
    "read_order": _("Read the restriction again"),
    "write": _("Write to this family"),
    "review": _("Look at the plan and decide what is next"),
}
PLACES: Words = {
    "home": _("at their home"),
    "school": _("at school"),
    "neutral": _("at another place"),
}
NOTES: Words = {
    "tried": _("tried"),
    "learned": _("learned"),
    "student": _("the student suggests"),
}
STEPS: Words = {
    "office": _("find out"),
    "write": _("write"),
    "letter": _("letter"),
    "call": _("call"),
    "visit": _("visit"),
    "handover": _("by hand"),
}
POINTS: Words = {
    "phone": _("Phone"),
    "email": _("Email"),
    "postal": _("Address"),
    "whatsapp": _("WhatsApp number (they agreed)"),
    "push": _("Notices on a phone"),
}
POINT_STATES: Words = {
    "unknown": _("not tried yet"),
    "working": _("works"),
    "failing": _("does not work"),
}
RESTRICTIONS: Words = {
    "contact": _("No contact about this child"),
    "records": _("No records of this child"),
    "address": _("Never learns where this child lives"),
    "pick_up": _("May not pick this child up"),
}
RESTRICTIONS_MEAN: Words = {
    "contact": _("Nothing about this child goes to this adult, by any way."),
    "records": _(
        "News for all families may go to this adult; nothing about this child’s own work."
    ),
    "address": _("The child’s home is never shown or printed for this adult."),
    "pick_up": _("The child is not handed over to this adult at school."),
}
# The carriers' own codes, as far as an office can do something about them.
CHANGE_HOWS: Words = {
    "page": _("typed on the page of a message"),
    "answer": _("written in an answer"),
    "slip": _("written on a slip"),
    "desk": _("entered by staff"),
}
ALIKE: Words = {
    "same name and phone": _("The same name and the same phone number"),
    "same name and email": _("The same name and the same email address"),
    "same name and address": _("The same name and the same home"),
    "same name and child": _("The same name and the same child"),
}
READERS: Words = {
    "family": _("The family, and staff who serve the child"),
    "student_voice": _("Staff only: a child said this"),
    "protected": _("Named staff only: safety, health, what was told in confidence"),
}
FOUND: Words = {
    "id": _("By the student number"),
    "email": _("By the email address"),
    "phone": _("By the phone number"),
    "name": _("By the name"),
    "begins": _("A name that begins so"),
    "joined": _("A name written together or apart"),
    "street": _("By the street"),
    "nearly": _("A name nearly like it"),
}
ERRORS: Words = {
    "30003": _("the phone was off or out of reach"),
    "30004": _("the phone blocks messages from us"),
    "30005": _("the number does not exist"),
    "30006": _("a landline, or a phone that takes no texts"),
    "30007": _("the phone company took it for spam"),
    "30008": _("the phone company gave no reason"),
    "21211": _("not a phone number"),
    "21610": _("the phone company blocks our texts until they text START"),
    "21614": _("not a mobile number"),
    "busy": _("the line was busy"),
    "no_answer": _("nobody picked up"),
    "canceled": _("the call was broken off"),
    "call_failed": _("the number could not be called"),
    "fax": _("a fax machine answered"),
    "no_voice": _("no voice speaks this language, and nobody has recorded the words"),
    "returned": _("the letter came back"),
    "returned_moved": _("the letter came back: they moved"),
    "returned_unknown": _("the letter came back: nobody of this name there"),
    "returned_refused": _("the letter came back: not taken in"),
    "returned_box": _("the letter came back: no letter box, or a full one"),
    "not_given": _("could not be handed over"),
    "131026": _("this number does not use WhatsApp"),
    "131047": _("WhatsApp takes templates only, a day after their last words"),
    "131050": _("they told WhatsApp to stop messages from us"),
    "gone": _("their browser takes no notices from us any more"),
    "wrong_person": _("it is somebody else’s"),
    "moved": _("they moved"),
    "marked": _("staff marked it as wrong"),
    "unavailable": _("the carrier could not be reached"),
    "setup": _("a carrier is not set up yet"),
    "tray": _("the print tray could not be used"),
    "no_font": _("we have no letters to print this language"),
    "unprintable": _("it could not be printed"),
    "layout": _("it could not be laid out"),
    "unknown": _("we do not know whether it went out"),
}
ROLES: Words = {
    "district_admin": _("District admin"),
    "principal": _("Principal"),
    "office": _("Office"),
    "counselor": _("Counselor or social worker"),
    "teacher": _("Teacher"),
    "family_liaison": _("Family liaison"),
    "interpreter": _("Interpreter"),
    "duty": _("Duty person"),
    "records": _("Records officer"),
}
SCOPES: Words = {
    "school": _("all families"),
    "sections": _("the families of the own classes"),
    "case_load": _("the families assigned"),
    "booking": _("the families of the own bookings"),
}
ORIGINS: Words = {
    "person": _("written here"),
    "phrasebook": _("from the phrasebook"),
    "memory": _("translated here before"),
    "machine": _("made by a machine"),
}
FORMATS: Words = {
    "oneroster": _("OneRoster files"),
    "sds": _("School Data Sync files"),
    "mapped": _("a table"),
}
TOPICS: Words = {  # of the phrasebook's messages
    "absence": _("Absence"),
    "attendance_support": _("Coming to school"),
    "behavior": _("Behavior"),
    "bus": _("Bus"),
    "closing": _("Closing"),
    "conference": _("Conference"),
    "consent": _("Consent"),
    "enrolment": _("Enrolment"),
    "events": _("Events"),
    "good_news": _("Good news"),
    "grades": _("Grades"),
    "health": _("Health"),
    "help": _("Help offered"),
    "home_visit": _("Visit at home"),
    "homework": _("Homework"),
    "language": _("Language"),
    "meals": _("Meals"),
    "meeting": _("Meeting"),
    "money": _("Money"),
    "safety": _("Safety"),
    "technology": _("Devices and accounts"),
    "testing": _("Tests"),
    "thanks": _("Thanks"),
    "transitions": _("Moving up"),
    "volunteering": _("Taking part"),
    "own": _("Our own"),
}


def say(words: Words, key: object) -> str:
    """The words for a key; the key itself where we have none (a carrier's own code)."""
    return str(words.get(str(key), key))
