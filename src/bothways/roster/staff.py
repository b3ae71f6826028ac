"""Members of staff, their roles and their sections. What was given to them here stays theirs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bothways.accounts.models import Membership, User
from bothways.roster import rows
from bothways.roster.records import Staff
from bothways.roster.report import Conflict
from bothways.roster.rules import asks_for_a_school, folded, role_for
from bothways.roster.run import Run
from bothways.schools.models import School

NAME = 200
EMAIL = 254
PHONE = 40


def import_staff(run: Run) -> None:
    """Users and memberships. Sections taught come with the seats."""
    people = _Accounts(run)
    for person in run.parsed.staff:
        if person.id in people.seen:
            run.reject(person, "sourcedId", "this id stands twice; the first was taken")
        elif run.usable_id(person):
            people.take(person)
    people.end_missing()
    people.save()
    _roles(run, people)


@dataclass(slots=True)
class _Accounts:
    """The accounts of one district while the roster's staff are put beside them."""

    run: Run
    by_sis: dict[str, User] = field(default_factory=dict)
    by_email: dict[str, User] = field(default_factory=dict)
    seen: dict[str, User] = field(default_factory=dict)
    new: list[User] = field(default_factory=list)
    dirty: dict[int, User] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)  # all ids of this roster's staff
    moved: set[int] = field(default_factory=set)  # accounts whose address changes

    def __post_init__(self) -> None:
        ours = User.objects.filter(district_id=self.run.district_id)
        self.by_sis = {user.sis_id: user for user in ours if user.sis_id}
        self.listed = {person.id for person in self.run.parsed.staff}
        wanted = {e.lower() for person in self.run.parsed.staff for e in person.emails[:1]}
        mine = {user.pk: user for user in self.by_sis.values()}
        letting_go = {user.pk for user in self._letting_go()}
        self.by_email = {
            user.email.lower(): mine.get(user.pk, user)
            for user in User.objects.filter(email__in=wanted)
            if user.email and user.pk not in letting_go
        }

    def _letting_go(self) -> Iterable[User]:
        """Whose address the roster gave and now changes: somebody else may have it from today."""
        for person in self.run.parsed.staff:
            user = self.by_sis.get(person.id)
            if user is not None and user.email:
                last = rows.to_staff(person.id, user.roster).emails[:1]
                if (
                    (user.email.lower(),)
                    == tuple(e.lower() for e in last)
                    != tuple(e.lower() for e in person.emails[:1])
                ):
                    yield user

    def take(self, person: Staff) -> None:
        said = rows.staff(person)
        self.run.shorten(person, (("given", NAME), ("family", NAME)))
        email = person.emails[0].lower() if person.emails else None
        if email and len(email) > EMAIL:
            self.run.flag(person, "email", f"longer than {EMAIL} characters; no sign-in with it")
            email = None
        user = self.by_sis.get(person.id) or self._same_account(person, email)
        holder = self._holder(email)
        if holder is not None and holder is not user and not self._leave_mailbox(holder):
            self.run.flag(
                person, "email", "somebody else signs in with this address; imported without it"
            )
            email = None
        if user is None:
            user = User(district_id=self.run.district_id, sis_id=person.id, roster=said)
            user.given, user.family = person.given[:NAME], person.family[:NAME]
            user.phone = _phone(person)
            user.email = email
            user.set_unusable_password()
            self.new.append(user)
            self.run.added += 1
        else:
            self._follow(user, person, said, email)
        if user.email:
            self.by_email[user.email.lower()] = user
        self.seen[person.id] = user

    def _follow(self, user: User, person: Staff, said: rows.Row, email: str | None) -> None:
        """Change what still stands as the last roster said it; what was typed here stays."""
        same = user.roster == said and user.ended_at is None and user.sis_id == person.id
        if same and (user.email or not email):
            return
        last = rows.to_staff(person.id, user.roster)
        if user.ended_at is not None:
            user.ended_at, user.is_active = None, True
            self.run.added += 1
        else:
            self.run.changed += 1
        if user.given == last.given[:NAME]:
            user.given = person.given[:NAME]
        if user.family == last.family[:NAME]:
            user.family = person.family[:NAME]
        if user.phone == _phone(last):
            user.phone = _phone(person)
        if not user.email or (last.emails and user.email.lower() == last.emails[0].lower()):
            self._readdress(user, email)
        elif email and user.email.lower() != email:
            self.run.conflicts.append(Conflict("staff", person.id, "email", email, user.email))
        user.sis_id, user.roster = person.id, said
        self._keep(user)

    def _holder(self, email: str | None) -> User | None:
        """Who signs in with this address as things stand."""
        user = self.by_email.get(email) if email else None
        return user if user is not None and user.email and user.email.lower() == email else None

    def _same_account(self, person: Staff, email: str | None) -> User | None:
        """Somebody who signs in with this address and has this name, and no other id in this roster."""
        user = self._holder(email)
        if user is None or user.district_id != self.run.district_id or user.sis_id in self.listed:
            return None
        if user.sis_id and not self.run.whole("staff"):
            return None
        alike = folded(user.given, user.family) == folded(person.given, person.family)
        return user if alike else None

    def _leave_mailbox(self, holder: User) -> bool:
        """An account that has ended, or ends now, gives its address to whoever has it today."""
        ends_now = (
            holder.sis_id is not None
            and holder.sis_id not in self.listed
            and self.run.whole("staff")
            and holder.district_id == self.run.district_id
        )
        if not (ends_now or (holder.ended_at and holder.district_id == self.run.district_id)):
            return False
        self._readdress(holder, None)
        self._keep(holder)
        return True

    def end_missing(self) -> None:
        ended = self.run.parsed.ended.get("user", set())
        for sis_id, user in self.by_sis.items():
            if user.ended_at is not None or sis_id in self.seen or user.sis_id != sis_id:
                continue
            if not (self.run.whole("staff") or sis_id in ended):
                continue
            self.run.removed += 1
            user.ended_at = self.run.at
            # Who was given a role here keeps it, and the sign-in: the roster did not give it.
            user.is_active = user.is_active and any(
                not m.from_roster for m in user.memberships.filter(ended_at=None)
            )
            self._keep(user)

    def save(self) -> None:
        # Two people may have changed addresses with each other: both are let go before either is taken.
        User.objects.filter(pk__in=self.moved).update(email=None)
        fields = ["sis_id", "email", "given", "family", "phone", "is_active", "ended_at", "roster"]
        User.objects.bulk_update(self.dirty.values(), fields, batch_size=1000)
        User.objects.bulk_create(self.new, batch_size=1000)

    def _readdress(self, user: User, email: str | None) -> None:
        if user.pk is not None and user.email != email:
            self.moved.add(user.pk)
        user.email = email

    def _keep(self, user: User) -> None:
        if user.pk is not None:
            self.dirty[user.pk] = user


def _phone(person: Staff) -> str:
    return person.phones[0].number[:PHONE] if person.phones else ""


def _roles(run: Run, people: _Accounts) -> None:
    """Memberships that this roster gives; those it gave before and no longer does end."""
    schools: dict[str, int] = dict(
        School.objects.filter(district_id=run.district_id).values_list("sis_id", "pk")
    )
    wanted = {
        (user.pk, role, school)
        for person in run.parsed.staff
        if (user := people.seen.get(person.id)) is not None
        for role, school in _held(run, person, schools)
    }
    known = {
        (m.user_id, m.role, m.school_id): m
        for m in Membership.objects.filter(district_id=run.district_id)
    }
    gone_users = {
        user.pk for user in people.by_sis.values() if user.ended_at is not None and user.pk
    }
    listed = {user.pk for user in people.seen.values()}
    again, over = [], []
    for key, membership in known.items():
        if not membership.from_roster:
            continue
        if key in wanted and membership.ended_at is not None:
            membership.ended_at = None
            again.append(membership)
        elif (
            key not in wanted
            and membership.ended_at is None
            and (membership.user_id in listed or membership.user_id in gone_users)
        ):
            membership.ended_at = run.at
            over.append(membership)
    Membership.objects.bulk_update([*again, *over], ["ended_at"], batch_size=1000)
    Membership.objects.bulk_create(
        Membership(
            district_id=run.district_id, user_id=user, role=role, school_id=school, from_roster=True
        )
        for user, role, school in sorted(wanted - set(known), key=str)
    )


def _held(run: Run, person: Staff, schools: dict[str, int]) -> Iterable[tuple[str, int | None]]:
    for place, word in person.roles:
        school = schools.get(place)
        role = role_for(word, at_school=school is not None)
        if role is not None:
            yield role.value, school
        elif school is None and asks_for_a_school(word):
            run.flag(
                person,
                "role",
                f"the role {word} names no school: a person must say here for which school it holds",
            )
