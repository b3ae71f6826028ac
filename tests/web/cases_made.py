"""Cases for tests of pages: Mrs. C and Troy's mother, with a plan and numbers; and Nour's with his father."""

from datetime import date, timedelta
from decimal import Decimal

from bothways.accounts.enums import Role
from bothways.accounts.models import Duty, User
from bothways.accounts.services import end_role
from bothways.cases.enums import About, Better, How, Kind, Side, Stage
from bothways.cases.models import Case, CaseAlert, Measure
from bothways.cases.services.agreeing import agree, define, move
from bothways.cases.services.counting import Counted, count, put
from bothways.cases.services.opening import Beginning, note_consent, open_case
from bothways.cases.services.planning import Draft, begin_plan
from bothways.cases.services.speaking import Words, say
from bothways.core import clock
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Student
from people import Cast, staff


def begun(cast: Cast, key: str = "first", by: User | None = None) -> Case:
    """Troy's homework: begun, nobody asked yet."""
    return of(cast, cast.troy, cast.alician, key, by)


def of(cast: Cast, student: Student, guardian: Guardian, key: str, by: User | None = None) -> Case:
    return open_case(
        student=student,
        beginning=Beginning(
            "Homework in the evening",
            "Explains fractions to others so that they understand.",
            "Two of five tasks came in this week.",
            "en",
            {"es": "La tarea por la tarde", "ar": "الواجب المنزلي في المساء"},
        ),
        guardians=[guardian],
        by=by or cast.mrs_c,
        form_key=key,
    )


def running(cast: Cast, student: Student | None = None, key: str = "runs") -> Case:
    """With consent, shared words, ten days before and twelve with a plan, home and school."""
    child = student or cast.troy
    adult = {cast.nour.pk: cast.karim, cast.luis.pk: cast.elena}.get(child.pk, cast.alician)
    case = of(cast, child, adult, key)
    if case.plans.exists():
        return case  # the same form twice is one case
    note_consent(case=case, guardian=adult, given=True, how=How.CALL, by=cast.mrs_c)
    for stage in (Stage.DEFINITION, Stage.BASELINE):
        if stage is Stage.BASELINE:
            define(
                case=case,
                definition="Puts the day’s homework into the tray when he comes in.",
                said_in={
                    "es": "Pone la tarea del día en la bandeja al entrar.",
                    "ar": "يضع واجب اليوم في الصينية عند دخوله.",
                },
                by=cast.mrs_c,
            )
            agree(case=case, by=adult)
        move(case=case, to=stage, by=cast.mrs_c, why="They said so on the phone.")
    first = clock.today(cast.district.timezone) - timedelta(days=28)
    measure = count(
        case=case,
        counted=Counted(
            "pieces of homework done",
            Kind.COUNT,
            Better.UP,
            first,
            first + timedelta(days=60),
            home=True,
            school=True,
            said_in={"es": "tareas hechas", "ar": "الواجبات المنجزة"},
        ),
        by=cast.mrs_c,
    )
    numbers(measure, first)
    move(case=case, to=Stage.PLAN, by=cast.mrs_c, why="-")
    begin_plan(
        case=case,
        draft=Draft(
            "Homework right after the snack, the phone in the kitchen.",
            "Mrs. C writes the tasks down and looks at them first thing.",
            first + timedelta(days=10),
            first + timedelta(days=60),
            "Packs the bag before supper.",
            ("none", "one", "two", "three", "four and more"),
            {
                "es": {
                    "home_part": "La tarea después de la merienda, el teléfono en la cocina.",
                    "school_part": "La maestra anota las tareas y las mira al empezar.",
                    "student_part": "Prepara la mochila antes de cenar.",
                },
                "ar": {
                    "home_part": "الواجب بعد الوجبة الخفيفة، والهاتف في المطبخ.",
                    "school_part": "تكتب المعلمة الواجبات وتنظر إليها أول شيء.",
                    "student_part": "يجهّز حقيبته قبل العشاء.",
                },
            },
        ),
        by=cast.mrs_c,
    )
    move(case=case, to=Stage.TRY, by=cast.mrs_c)
    case.refresh_from_db()
    return case


def numbers(measure: Measure, first: date) -> None:
    home = [1, 0, 1, 2, 0, 1, 1, 0, 2, 3, 3, 2, 3, 4, 3, 4, 3, 4]
    school = [0, 1, 1, 1, 0, 2, 0, 1, 2, 2, 3, 3, 2, 4, 4, 3, 4, 4]
    days = [first + timedelta(days=n) for n in range(28)]
    weekdays = [day for day in days if day.weekday() < 5][:18]
    for day, at_home, at_school in zip(weekdays, home, school, strict=False):
        put(measure, day, Decimal(at_home), Side.HOME, How.TEXT)
        put(measure, day, Decimal(at_school), Side.SCHOOL, How.TAP)
    saturday = next(day for day in days if day.weekday() == 5)
    put(measure, saturday, Decimal(3), Side.HOME, How.PAPER)


def left_alone(cast: Cast) -> Case:
    """Its lead, a counselor, works at the school no more."""
    known = Case.objects.filter(form_key="alone").first()
    if known is not None:
        return known
    gone = staff("Gone", Role.COUNSELOR, cast.district, cast.elementary)
    case = of(cast, cast.emily, cast.emilys_mother, "alone", gone)
    end_role(user=gone, role=Role.COUNSELOR, school=cast.elementary)
    return case


def danger(cast: Cast) -> CaseAlert:
    """Mrs. C writes down something that a child said; Priya is on duty."""
    Duty.objects.get_or_create(district=cast.district, school=cast.elementary, user=cast.duty)
    case = begun(cast, "danger")
    say(
        case=case,
        words=Words(
            "He told me that his uncle wants to kill him.",
            "en",
            About.NOTE,
            WordClass.FAMILY,
            How.PAGE,
        ),
        by=cast.mrs_c,
        form_key="danger",
    )
    return CaseAlert.objects.get(user=cast.duty, contribution__form_key="danger")
