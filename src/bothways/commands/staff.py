"""``bothways staff``: who works here, and which roles no roster gave them."""

import click

from bothways.commands.installation import Unusable, installation
from bothways.commands.words import say, table


@click.command(short_help="Show staff; give and end roles.")
@click.argument("email", required=False)
@click.option(
    "--role",
    help="district_admin, principal, office, counselor, teacher, family_liaison, interpreter, duty or records",
)
@click.option("--school", "school_id", help="roster id; principal, office and teacher need one")
@click.option("--name", help="for somebody who stands in no roster: “Given Family”")
@click.option("--end", is_flag=True, help="take this role away instead")
@click.option("--district", "district_id", help="its roster id, where there are several")
def staff(
    email: str | None,
    role: str | None,
    school_id: str | None,
    name: str | None,
    end: bool,
    district_id: str | None,
) -> None:
    """Show who has which role; with EMAIL and --role give that role, or take it away with --end.

    The first district admin of an installation is made here: rosters seldom say who that is.
    """
    with installation():
        from django.db import transaction

        from bothways.accounts.enums import WITHOUT_SCHOOL, Role
        from bothways.accounts.models import Membership, User
        from bothways.accounts.services import LastAdmin, end_role, give_role
        from bothways.commands.districts import the_district

        district = the_district(district_id)
        if email and role:
            if role not in set(Role):
                raise Unusable(f"“{role}” is no role. There are: {', '.join(Role)}.")
            school = district.schools.filter(sis_id=school_id).first() if school_id else None
            if role == Role.DISTRICT_ADMIN and school is not None and not end:
                raise Unusable("A district admin serves the whole district: leave out --school.")
            if school is None and (school_id or Role(role) not in WITHOUT_SCHOOL):
                known = ", ".join(district.schools.values_list("sis_id", flat=True)[:10])
                raise Unusable(f"Say for which school: --school ID. There are: {known}.")
            with transaction.atomic():
                user = User.objects.filter(district=district, email__iexact=email.strip()).first()
                if user is None:
                    if not name or end:
                        raise Unusable(
                            f"Nobody in {district.name} has the address {email}. To add somebody, give "
                            "--name “Given Family”, too."
                        )
                    given, _, family = name.strip().partition(" ")
                    user = User.objects.create_user(
                        email.strip(), district=district, given=given, family=family
                    )
                change = end_role if end else give_role
                try:
                    change(user=user, role=Role(role), school=school)
                except LastAdmin as error:
                    raise Unusable(str(error)) from error
        elif role or school_id or name or end:
            raise Unusable("Give an EMAIL and a --role.")
        members = Membership.objects.filter(
            district=district, ended_at=None, user__is_active=True
        ).select_related("user", "school")
        if email:
            members = members.filter(user__email__iexact=email.strip())
        say(
            table(
                [
                    (
                        f"{m.user.name} <{m.user.email or 'no email'}>",
                        f"{Role(m.role).label}, {m.school.name if m.school else district.name}",
                    )
                    for m in members.order_by("role", "school__name", "user_id")
                ]
            )
            or "Nobody has a role yet."
        )
