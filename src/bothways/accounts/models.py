"""Staff accounts. A guardian has none: links, codes and a second proof open a family's pages."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from bothways.accounts.enums import CHOOSES_SCOPE, PERMISSIONS, SCOPES, Permission, Role, Scope
from bothways.schools.models import District, School, Section

T = TypeVar("T")


class UserManager(BaseUserManager["User"]):
    """Staff come from the roster; this is for the rest."""

    def create_user(self, email: str, **fields: object) -> "User":
        user = User(email=self.normalize_email(email).lower(), **fields)
        user.set_unusable_password()
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A member of staff. Without an email address there is no sign-in, and still an owner of tasks."""

    district = models.ForeignKey(
        District, null=True, blank=True, on_delete=models.CASCADE, related_name="staff"
    )
    sis_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - unique where there is one
    email = models.EmailField(unique=True, null=True, blank=True)
    given = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)  # for duty persons
    is_active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    roster = models.JSONField(default=dict)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "sis_id"], name="user_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip() or (self.email or "Somebody")

    def get_full_name(self) -> str:
        return self.name

    # What was read for the page that is being made; None: no page, and everything is read anew.
    _page: dict[str, Any] | None = None

    def makes_a_page(self) -> None:
        """From here on this object serves one page: what ``once`` reads holds until it is done."""
        self._page = {}

    @property
    def on_a_page(self) -> bool:
        return self._page is not None

    def once(self, name: str, read: Callable[[], T]) -> T:
        """What ``read`` gives; within one page it is asked once for each name."""
        if self._page is None:
            return read()
        if name not in self._page:
            self._page[name] = read()
        found: T = self._page[name]
        return found

    def roles(self) -> list["Membership"]:
        """Live memberships, read once a request."""
        if not hasattr(self, "_roles"):
            self._roles = list(
                self.memberships.filter(ended_at=None).select_related("school").order_by("pk")
            )
        return self._roles

    def can(self, permission: Permission) -> bool:
        """Whether any of this user's roles allows it; *where* is the querysets' business."""
        return any(permission in PERMISSIONS[Role(m.role)] for m in self.roles())

    def has_role(self, *roles: Role) -> bool:
        return any(m.role in roles for m in self.roles())

    def may(self, permission: Permission, schools: Collection[int | None]) -> bool:
        """Whether a role held at one of these schools (ids) allows it.

        Somebody may be in the office of one school and teach in another: what the office may do stays there.
        """
        return any(
            m.school_id is None or m.school_id in schools for m in self._roles_with(permission)
        )

    def schools_where(self, permission: Permission) -> set[int] | None:
        """Ids of the schools in which a role allows it; None: in the whole district."""
        held = {m.school_id for m in self._roles_with(permission)}
        return None if None in held else {pk for pk in held if pk is not None}

    @property
    def is_district_wide(self) -> bool:
        """Whether this user serves every child of the district."""
        return self.serves_district()

    # Each with a permission: counting only the roles that allow it.

    def serves_district(self, permission: Permission | None = None) -> bool:
        return any(
            m.school_id is None and m.serves is Scope.SCHOOL for m in self._roles_with(permission)
        )

    def whole_schools(self, permission: Permission | None = None) -> list[int]:
        """Ids of the schools in which this user serves every child."""
        held = self._roles_with(permission)
        return [m.school_id for m in held if m.school_id and m.serves is Scope.SCHOOL]

    def case_load_schools(self, permission: Permission | None = None) -> list[int] | None:
        """Ids of the schools in which this user serves the children assigned; None: in all of them."""
        held = [m.school_id for m in self._roles_with(permission) if m.serves is Scope.CASE_LOAD]
        return None if None in held else [pk for pk in held if pk]

    def _roles_with(self, permission: Permission | None) -> list["Membership"]:
        return [
            m for m in self.roles() if permission is None or permission in PERMISSIONS[Role(m.role)]
        ]


class Membership(models.Model):
    """One role, in one school or (school empty) in the whole district."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=40, choices=[(r.value, r.label) for r in Role])
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    # Where the district narrows or widens what the role serves; empty: as the role has it (SCOPES).
    scope = models.CharField(max_length=10, blank=True, default="", db_default="")
    from_roster = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "school"], name="membership_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.school_id or 'the district'}"

    @property
    def serves(self) -> Scope:
        """Which children this role opens."""
        role = Role(self.role)
        # A teacher's sections are no matter of choice, and nothing makes an interpreter see a school.
        return Scope(self.scope) if self.scope and role in CHOOSES_SCOPE else SCOPES[role]


class Teaching(models.Model):
    """This user teaches this section."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="teaching")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="teaching")
    sis_id = models.CharField(max_length=200, blank=True)  # by which a partial roster ends it
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "section"], name="teaching_once")]

    def __str__(self) -> str:
        return f"{self.user_id} teaches {self.section_id}"


class Duty(models.Model):
    """Who is told at once when a family writes of danger; school empty: for all schools."""

    district = models.ForeignKey(District, on_delete=models.CASCADE)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="duties")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "school", "user"], name="duty_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on duty"
