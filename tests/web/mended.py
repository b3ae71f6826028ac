"""Things for the office to mend: what a family said, two rows that may be one person, a merge."""

from bothways.core import clock
from bothways.people.models import ContactPoint, Merge, PointChange, PossiblySame
from bothways.roster.merging import merge
from people import Cast, guardian, home, student
from web.happenings import Happened


def said(cast: Cast, new: str = "+13125550155") -> PointChange:
    """Emily's mother wrote a number on a reply page; nobody has made sure yet."""
    return PointChange.objects.create(
        district=cast.district, guardian=cast.emilys_mother, kind="phone", new=new, said_by="guardian",
        how="page", at=clock.now(), form=f"f{PointChange.objects.count()}",
    )  # fmt: skip


def alike(cast: Cast) -> PossiblySame:
    pair, _made = PossiblySame.objects.get_or_create(
        district=cast.district, one=cast.emilys_mother, other=cast.emilys_father,
        defaults={"why": "same name and address"},
    )  # fmt: skip
    return pair


def merged(cast: Cast) -> Merge:
    done = Merge.objects.filter(kept=cast.emilys_mother).first()
    return done or merge(
        kept=cast.emilys_mother, away=cast.emilys_father, words="She told us.", by=cast.office
    )


def broken(cast: Cast, number: int) -> None:
    """One more family with a dead number, a number shared with the last one, and two alike adults."""
    child = student(f"Child{number}", "Ngo", cast.elementary, cast.room_12)
    adults = [
        guardian(
            cast.district, "Lan", "Ngo", mobile=f"+1312555{number:04d}", email="lan@example.org"
        ),
        guardian(cast.district, "Lan", "Ngo", mobile="+13125559999"),
    ]
    home([child], adults)
    ContactPoint.objects.filter(guardian=adults[0], kind="phone").update(
        state="failing", why="30005", state_at=clock.now()
    )
    PossiblySame.objects.create(
        district=cast.district, one=adults[0], other=adults[1], why="same name and child"
    )
    PointChange.objects.create(
        district=cast.district, guardian=adults[0], kind="phone", new="+13125550155",
        said_by="guardian", how="answer", at=clock.now(),
    )  # fmt: skip


def change_pk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": said(cast).pk}


def pair_pk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": alike(cast).pk}


def merge_pk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": merged(cast).pk}
