"""A message, its versions, what goes out for it, and what comes back."""

from typing import Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bothways.accounts.models import User
from bothways.channels.models import RawEvent
from bothways.messaging.enums import Meaning, MessageKind, Origin, Per, Purpose, State
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Link, Student
from bothways.schools.models import District, School, Section


class Conversation(models.Model):
    """What one family and the school write to each other, about one child or in general."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="conversations")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)  # who owes an answer
    waiting_since = models.DateTimeField(null=True)  # the first words without an answer
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "student"], name="conversation_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["district", "waiting_since"], name="conversation_waiting")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Message(models.Model):
    district = models.ForeignKey(District, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    # Who owes the answer where no person wrote it: an absence is the office's to hear about.
    # Which purpose's climb it has, where not its own: a weekly word about one child is personal, and no
    # reason for a visit.
    climb_as = models.CharField(max_length=12, blank=True, default="", db_default="")
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=16, default=MessageKind.NEWS.value)
    purpose = models.CharField(max_length=12, choices=[(p.value, p.value) for p in Purpose])
    # Tone, where its author said.
    tone = models.CharField(max_length=8, blank=True, default="", db_default="")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE)  # its subject
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.CASCADE)
    audience = models.JSONField(default=dict)
    evidence = models.SmallIntegerField(default=3)  # ledger.Level that is enough
    created_at = models.DateTimeField()
    # When it is to go out: in ten seconds, or at an hour its author chose. Without it: once its words are
    # reviewed, or when somebody says so.
    leaves_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # what was not out yet does not go any more
    expires_at = models.DateTimeField(null=True)  # of its links and codes

    class Meta:
        indexes = [
            models.Index(fields=["district", "-sent_at"], name="message_sent"),
            models.Index(
                fields=["leaves_at"],
                condition=Q(sent_at=None, leaves_at__isnull=False),
                name="message_leaves",
            ),
            models.Index(
                fields=["district", "sent_at"],
                condition=Q(tone="good", student=None),
                name="message_good_to_all",
            ),
            models.Index(
                fields=["student"],
                condition=Q(tone="good", student__isnull=False),
                name="message_good_about",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} message {self.pk}"

    @property
    def records(self) -> bool:
        """Whether it is about one child's own records."""
        if self.kind in (MessageKind.NEWS, MessageKind.CARD) and self.purpose == Purpose.PERSONAL:
            return True  # also where its author named several children instead of one
        return self.student_id is not None


class VersionQuerySet(models.QuerySet["Version"]):
    def may_go(self) -> Self:
        """``rules.may_go`` as the database asks it: without a machine's words that wait for a person."""
        vital = Q(message__district__vital_purposes__contains=[F("message__purpose")])
        return self.exclude(vital, origin=Origin.MACHINE.value, reviewed_at=None)


class Version(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions")
    language = models.CharField(max_length=20)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    origin = models.CharField(
        max_length=12, default=Origin.PERSON.value, db_default=Origin.PERSON.value
    )
    engine = models.CharField(
        max_length=20, blank=True, default="", db_default=""
    )  # a machine's name
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    # A reviewer gave it back to its author: why.
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    returned_words = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "language"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.language} of {self.message_id}"


class Recording(models.Model):
    """The words of a version, spoken by a person: heard in calls instead of any machine's voice."""

    # In the database, not in a folder: a backup holds it, and every host of an installation can play it.
    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="recording")
    data = models.BinaryField()
    content_type = models.CharField(max_length=40)
    seconds = models.PositiveSmallIntegerField(null=True)  # null: kept before they were counted
    voice = models.CharField(max_length=120, blank=True, default="", db_default="")  # whose it is
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"recording of version {self.version_id}"


class Delivery(models.Model):
    """Message × household × subject × address × channel × attempt: once."""

    # Each row is written several times within a minute, and each time every index of it: no index stands
    # here that another one's beginning replaces.
    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE, db_index=False)
    channel = models.CharField(max_length=12)
    kind = models.CharField(max_length=10)  # PointKind of the address
    match = models.CharField(max_length=500)
    address = models.CharField(max_length=500)
    languages = ArrayField(models.CharField(max_length=20))
    attempt = models.SmallIntegerField(default=1)
    lane = models.SmallIntegerField()
    records = models.BooleanField(default=False)
    key = models.CharField(max_length=32)
    code = models.CharField(max_length=12)  # core.ids.code
    state = models.CharField(max_length=12, default=State.QUEUED.value)
    rank = models.SmallIntegerField(default=0)
    carrier = models.CharField(max_length=20, blank=True)
    carrier_id = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=40, blank=True)
    tries = models.SmallIntegerField(default=0)
    pages = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    # Several routine words that go out as one contact: all name the one that carries them; so does it.
    digest = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="gathered", db_index=False
    )
    released_at = models.DateTimeField(null=True)  # when the wait for the digest was over

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "household", "student", "match", "channel", "attempt"],
                name="delivery_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(fields=["key"], name="delivery_key"),
            models.UniqueConstraint(fields=["code"], name="delivery_code"),
        ]
        indexes = [
            models.Index(
                fields=["district", "lane", "channel", "records", "not_before", "id"],
                condition=Q(state="queued"),
                name="delivery_queue",
            ),
            models.Index(
                fields=["district", "claimed_at"],
                condition=Q(state="claimed"),
                name="delivery_claimed",
            ),
            models.Index(fields=["district"], condition=Q(state="held"), name="delivery_held"),
            models.Index(
                fields=["message", "household"],
                condition=Q(state__in=["rejected", "undelivered", "withheld"]),
                name="delivery_lost",
            ),
            models.Index(fields=["household", "-id"], name="delivery_household"),
            models.Index(
                fields=["student"], condition=Q(student__isnull=False), name="delivery_student"
            ),
            models.Index(fields=["kind", "match", "-id"], name="delivery_address"),
            models.Index(
                fields=["carrier_id"],
                condition=~Q(carrier_id=""),
                name="delivery_carrier_id",
            ),
            models.Index(
                fields=["digest"], condition=Q(digest__isnull=False), name="delivery_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} delivery {self.pk}: {self.state}"


class Recipient(models.Model):
    """The standing through which this delivery may be made: one adult, one child."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    link = models.ForeignKey(Link, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "link"], name="recipient_once")]

    def __str__(self) -> str:
        return f"{self.link_id} of delivery {self.delivery_id}"


class Bag(models.Model):
    """A letter that goes home in a child's bag: with whom, and in which class it is given out."""

    delivery = models.OneToOneField(
        Delivery, primary_key=True, on_delete=models.CASCADE, related_name="bag"
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    section = models.ForeignKey(Section, null=True, on_delete=models.SET_NULL, related_name="+")
    missed_on = models.DateField(null=True)  # the last day on which the child was not there
    missed = models.SmallIntegerField(default=0)  # on so many days

    def __str__(self) -> str:
        return f"bag of delivery {self.delivery_id}"


class Newsletter(models.Model):
    """A printed newsletter of one school: which messages it holds, for everybody and about nobody."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="newsletters")
    messages = ArrayField(models.BigIntegerField())  # ids, in the order of the page
    # In the database for the reasons of Recording.
    picture = models.BinaryField(null=True)
    alt = models.CharField(max_length=200, blank=True)  # what the picture shows
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"newsletter {self.pk}"


class FirstWays(models.Model):
    """By which channels the first sending of a purpose may go; without a row by all there are."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=12)
    channels = ArrayField(models.CharField(max_length=12))
    every = models.BooleanField(
        default=False
    )  # each address of a guardian, not the likeliest alone

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "purpose"], name="first_ways_once")
        ]

    def __str__(self) -> str:
        return f"first ways of {self.purpose}"


class HeldHome(models.Model):
    """A home that a message meant and could not be written to, and why."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="held", db_index=False
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, db_index=False)
    why = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "household"], name="held_home_once")
        ]
        indexes = [models.Index(fields=["household"], name="held_home_household")]

    def __str__(self) -> str:
        return f"{self.why} at {self.household_id}"


class Entry(models.Model):
    """Something a family wrote, kept as it came; or what staff answered."""

    district = models.ForeignKey(District, null=True, on_delete=models.CASCADE)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="entries"
    )
    from_family = models.BooleanField()
    at = models.DateTimeField()
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.SET_NULL)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    channel = models.CharField(max_length=12)
    kind = models.CharField(max_length=10, blank=True)
    match = models.CharField(max_length=500, blank=True)  # the address it came from
    language = models.CharField(max_length=20, blank=True)
    body = models.TextField()
    # What staff wrote, where the family got it in another language.
    original = models.TextField(blank=True, default="", db_default="")
    original_language = models.CharField(max_length=20, blank=True, default="", db_default="")
    meaning = models.CharField(max_length=16, default=Meaning.WORDS.value)
    danger = models.BooleanField(default=False)
    word_class = models.CharField(max_length=16, default=WordClass.FAMILY.value)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL)
    raw = models.OneToOneField(RawEvent, null=True, on_delete=models.SET_NULL)
    form_key = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001 - a form sent twice

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "at"], name="entry_conversation"),
            # Asked for each batch: who wrote by WhatsApp within the last day.
            models.Index(
                fields=["match", "at"], condition=Q(channel="whatsapp"), name="entry_whatsapp"
            ),
            # Asked for the waits of the last month, by language.
            models.Index(
                fields=["district", "at"], condition=Q(from_family=False), name="entry_answered"
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class EntryMove(models.Model):
    """A person found that words belong to another family, or are about another child. Moving back is a move."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="moves")
    # Null before: nobody knew whose they were. Null after: it turned out that nobody does.
    before = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    after = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)

    def __str__(self) -> str:
        return f"entry {self.entry_id} from {self.before_id} to {self.after_id}"


class Spoken(models.Model):
    """What a family said into the phone, fetched from the carrier and kept with its entry."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="spoken")
    carrier = models.CharField(max_length=20)
    audio = models.CharField(max_length=200)  # the carrier's name for it
    seconds = models.PositiveIntegerField()
    data = models.BinaryField(null=True)  # until it was fetched
    content_type = models.CharField(max_length=40, blank=True)
    fetched_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.seconds} seconds of entry {self.entry_id}"


class Alert(models.Model):
    """Words of danger, and the person on duty who was told."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="alerts")
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when the mail or text to the person was taken
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="alert_once")]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class Writing(models.Model):
    """Somebody has opened the form to answer: colleagues who open it, too, see that."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="writing", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    since = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="writing_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in conversation {self.conversation_id}"


class Handing(models.Model):
    """Somebody gave the answer that is owed to a colleague, with a word."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="handings"
    )
    before = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    to = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    words = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"conversation {self.conversation_id} to {self.to_id}"


class Settling(models.Model):
    """A conversation that was closed without an answer: why, by whom; it can be opened again."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="settlings"
    )
    reason = models.CharField(max_length=16)  # SettledWhy
    words = models.CharField(max_length=500, blank=True)
    waited_since = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"conversation {self.conversation_id}: {self.reason}"


class Aside(models.Model):
    """A note of staff beside a family's words; it is never sent."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="asides")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    body = models.TextField()
    protected = models.BooleanField(default=False)  # else for all staff who serve the child

    def __str__(self) -> str:
        return f"aside {self.pk}"


class Canned(models.Model):
    """An answer that is often right, in several languages: filled in, looked over, then sent."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, on_delete=models.CASCADE)  # its staff use it
    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")  # or one
    title = models.CharField(max_length=80)
    texts = models.JSONField(default=dict)  # language → words with {child}, {name}, {school}
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None) | Q(school=None), name="canned_one_or_a_school"
            )
        ]

    def __str__(self) -> str:
        return self.title


class AwaitedAnswer(models.Model):
    """An answer that a person is to translate before it goes to the family."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="awaited")
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    words = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)  # translated and sent
    done_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Sent twice by a double click: one.
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(done_at=None, withdrawn_at=None),
                name="awaited_answer_once",
            )
        ]

    def __str__(self) -> str:
        return f"answer {self.pk} into {self.target}"


class Question(models.Model):
    """A message whose answer somebody waits for: what it takes, who asks, until when."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="question")
    student = models.ForeignKey(Student, null=True, on_delete=models.CASCADE)  # its subject
    kind = models.CharField(max_length=16)  # who asks: survey, case, goal, feedback
    ref = models.CharField(max_length=80)  # the asker's own id
    takes = models.CharField(max_length=8)  # Takes
    low = models.SmallIntegerField(default=1, db_default=1)
    high = models.SmallIntegerField(default=5, db_default=5)
    choices = models.JSONField(default=dict)  # language → the words of each choice, in order
    per = models.CharField(max_length=10, default=Per.GUARDIAN.value, db_default=Per.GUARDIAN.value)
    anonymous = models.BooleanField(default=False, db_default=False)
    # What a call says instead of the message's words, by language: nobody writes a number back there.
    spoken = models.JSONField(default=dict, db_default={})
    # What the same call asks next: ref, takes, low, high, choices, words (by language) of each.
    then = models.JSONField(default=list, db_default=[])
    asked_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["district", "kind", "ref"], name="question_ref")]

    def __str__(self) -> str:
        return f"question {self.pk} for {self.kind}"


class Asked(models.Model):
    """An adult of whom an answer is awaited. ``closed``: an anonymous one came, and no more is known."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="asked", db_index=False
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    closed = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "guardian"], name="asked_once")]

    def __str__(self) -> str:
        return f"question {self.question_id} to guardian {self.guardian_id}"


class QuestionAnswer(models.Model):
    """What a family answered. A correction replaces it; both are kept."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    # Null where several adults share the address and nobody can tell who wrote.
    guardian = models.ForeignKey(Guardian, null=True, on_delete=models.CASCADE, related_name="+")
    ref = models.CharField(
        max_length=80, blank=True, db_default=""
    )  # of one of ``then``; "": its own
    value = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    words = models.TextField(blank=True)  # besides the value
    language = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    entry = models.ForeignKey(Entry, null=True, on_delete=models.CASCADE, related_name="told")
    replaced_at = models.DateTimeField(null=True)  # by a newer one, or found to be another family's

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "household", "guardian", "ref"],
                condition=Q(replaced_at=None),
                name="question_answer_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"answer {self.pk} to question {self.question_id}"


class LooseAnswer(models.Model):
    """An anonymous answer. No key leads from here to a question, a family or an hour.

    Its id is random and its day the Monday of its week: neither tells in which order answers came.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    district = models.ForeignKey(District, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=16)
    ref = models.CharField(max_length=80)
    value = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    words = models.TextField(blank=True)
    day = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["kind"], name="loose_answer_kind")]

    def __str__(self) -> str:
        return f"answer to {self.kind}"
