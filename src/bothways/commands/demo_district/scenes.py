"""The families that everybody who works on the product should know by name."""

from dataclasses import dataclass, field

from bothways.commands.demo_district.families import District
from bothways.commands.demo_district.model import Guardian, Home, Student, Tie


@dataclass(slots=True)
class Cast:
    """What the other files need to know about the people of the scenes."""

    emilys_parents: list[Guardian] = field(default_factory=list)
    alician: Guardian | None = None
    wants_no_texts: list[Guardian] = field(default_factory=list)
    hidden: list[Guardian] = field(default_factory=list)
    cannot_read: list[Guardian] = field(default_factory=list)
    reads_other: dict[str, str] = field(default_factory=dict)  # guardian id → language
    dated: list[tuple[Student, Guardian, str, str, str | None]] = field(default_factory=list)


def stage(district: District) -> Cast:
    """Add them all."""
    cast = Cast()
    for scene in (
        _emily,
        _alician_and_troy,
        _nine_children,
        _twins,
        _grandmother_with_custody,
        _no_contact,
        _hidden_address,
        _no_records_and_no_pick_up,
        _one_number_two_families,
        _two_families_one_house,
        _without_any_guardian,
        _only_a_landline_and_only_email,
        _speaks_one_reads_another,
        _come_of_age,
        _names,
    ):
        scene(district, cast)
    return cast


def _emily(district: District, cast: Cast) -> None:
    """No phone, no answer to any letter; two dogs behind the chain-link fence of Tannery Lane."""
    home = Home("118 Tannery Lane")
    rhonda = district.guardian("Rhonda", "Pruitt", "en", home, reach="nothing")
    dale = district.guardian("Dale", "Pruitt", "en", home, reach="nothing")
    ties = [Tie(rhonda, "mother", primary=True), Tie(dale, "father")]
    district.student("Emily", "Pruitt", 4, "en", ties)
    cast.emilys_parents = [rhonda, dale]


def _alician_and_troy(district: District, cast: Cast) -> None:
    """A working mother of four."""
    home = Home("840 Depot Street, Apt 31")
    alician = district.guardian("Alician", "Brooks", "en", home, reach="text")
    tie = Tie(alician, "mother", primary=True)
    for given, grade in (("Troy", 5), ("Tanisha", 8), ("Terrence", 2), ("Tia", 0)):
        district.student(given, "Brooks", grade, "en", [tie])
    cast.alician = alician


def _nine_children(district: District, cast: Cast) -> None:
    home = district.addresses.house()
    mother = district.guardian("Fadumo", "Warsame", "so", home, reach="text")
    father = district.guardian("Abdirahman", "Hassan", "so", home, reach="phone")
    ties = [Tie(mother, "mother", primary=True), Tie(father, "father")]
    for given, grade in (
        ("Ayaan", 12), ("Liban", 11), ("Hamdi", 9), ("Hamza", 8), ("Najma", 7),
        ("Bilal", 5), ("Ikran", 3), ("Suhayb", 2), ("Sumaya", 0),
    ):  # fmt: skip
        district.student(given, "Hassan", grade, "so", ties)
    cast.cannot_read.append(mother)


def _twins(district: District, cast: Cast) -> None:
    home = district.addresses.house()
    mother = district.guardian("Oksana", "Kovalenko", "uk", home, reach="text and email")
    born = district.birthday(3)
    for given in ("Daryna", "Danylo"):
        tie = Tie(mother, "mother", primary=True)
        district.student(given, "Kovalenko", 3, "uk", [tie], birth_date=born)


def _grandmother_with_custody(district: District, cast: Cast) -> None:
    home = district.addresses.house()
    ruth = district.guardian("Ruth", "O'Malley", "en", home, reach="landline")
    mother = district.guardian("Kelly", "O'Malley", "en", None, reach="text")
    for given, grade in (("Shane", 6), ("Maeve", 1)):
        district.student(
            given,
            "O'Malley",
            grade,
            "en",
            [
                Tie(ruth, "grandparent", primary=True),
                Tie(mother, "mother", lives_with=False, legal=False),
            ],
        )


def _no_contact(district: District, cast: Cast) -> None:
    """Fathers who must get nothing: one stated by the roster, one by a dated order."""
    home, away = district.addresses.house(), district.addresses.house()
    mother = district.guardian("Danielle", "St. Clair", "en", home, reach="text")
    father = district.guardian("Craig", "Voss", "en", away, reach="text and email")
    ties = [
        Tie(mother, "mother", primary=True),
        Tie(father, "father", lives_with=False, legal=False, restriction="No contact"),
    ]
    district.student("Lily", "St. Clair", 1, "en", ties)
    district.student("Logan", "St. Clair", 6, "en", ties)

    home, away = district.addresses.house(), district.addresses.house()
    mother = district.guardian("Maribel", "Núñez", "es", home, reach="text")
    father = district.guardian("Ramón", "Ortiz", "es", away, reach="text")
    child = district.student(
        "Santiago",
        "Ortiz Núñez",
        4,
        "es",
        [Tie(mother, "mother", primary=True), Tie(father, "father", lives_with=False)],
    )
    cast.dated.append((child, father, "contact", "2026-08-01", "2027-06-30"))
    # Words that a machine cannot be sure of: they block and ask a person.
    home, away = district.addresses.house(), district.addresses.house()
    mother = district.guardian("Heather", "Dietz", "en", home, reach="text")
    father = district.guardian("Kurt", "Dietz", "en", away, reach="text")
    district.student(
        "Wyatt",
        "Dietz",
        9,
        "en",
        [
            Tie(mother, "mother", primary=True),
            Tie(father, "father", lives_with=False, restriction="see file, ask Ms. Ahrens first"),
        ],
    )


def _hidden_address(district: District, cast: Cast) -> None:
    home = district.addresses.flat()
    mother = district.guardian("Layla", "Haddad", "ar", home, reach="text")
    father = district.guardian("Tariq", "Haddad", "ar", district.addresses.house(), reach="text")
    child = district.student(
        "Yara",
        "Haddad",
        2,
        "ar",
        [
            Tie(mother, "mother", primary=True, restriction="Home address confidential"),
            Tie(father, "father", lives_with=False),
        ],
    )
    cast.hidden.append(mother)
    cast.dated.append((child, mother, "address", "2026-08-01", None))


def _no_records_and_no_pick_up(district: District, cast: Cast) -> None:
    home, away = district.addresses.house(), district.addresses.house()
    mother = district.guardian("Megan", "Brandt", "en", home, reach="text and email")
    father = district.guardian("Chad", "Brandt", "en", away, reach="email")
    district.student(
        "Paige",
        "Brandt",
        7,
        "en",
        [
            Tie(mother, "mother", primary=True),
            Tie(father, "father", lives_with=False, restriction="No access to records"),
        ],
    )
    uncle = district.guardian("Wilner", "Dorvil", "ht", district.addresses.house(), reach="phone")
    mother = district.guardian("Mirlande", "Dorvil", "ht", district.addresses.flat(), reach="text")
    child = district.student(
        "Naïka",
        "Dorvil",
        3,
        "ht",
        [
            Tie(mother, "mother", primary=True),
            Tie(uncle, "relative", lives_with=False, legal=False, restriction="No pick up"),
        ],
    )
    cast.dated.append((child, uncle, "pick_up", "2026-08-01", None))


def _one_number_two_families(district: District, cast: Cast) -> None:
    """Two families who share a flat's telephone, as newcomers do."""
    first = district.guardian("Parwin", "Rahimi", "prs", district.addresses.flat(), reach="text")
    second = district.guardian("Zohra", "Nazari", "prs", district.addresses.flat(), reach="nothing")
    second.sms = first.sms
    for mother, given, grade in ((first, "Milad", 4), (second, "Tahmina", 6)):
        tie = Tie(mother, "mother", primary=True)
        district.student(given, mother.family, grade, "prs", [tie])


def _two_families_one_house(district: District, cast: Cast) -> None:
    """Unrelated, same street and number, no apartment given by either."""
    home = Home("612 Foundry Street")
    for given, family, child, grade, language in (
        ("Rosa", "Aguilar", "Camila", 5, "es"),
        ("Tigist", "Worku", "Abel", 8, "am"),
        ("Brenda", "Tucker", "Hunter", 10, "en"),
    ):
        mother = district.guardian(given, family, language, home, reach="text")
        district.student(child, family, grade, language, [Tie(mother, "mother", primary=True)])


def _without_any_guardian(district: District, cast: Cast) -> None:
    """Young people on their own, at an address of somebody the school does not know."""
    for given, family, grade, language in (
        ("Wisly", "Charles", 11, "ht"),
        ("Omid", "Sultani", 10, "prs"),
        ("Esmeralda", "Cruz", 12, "es"),
        ("Jada", "Reed", 9, "en"),
        ("Guled", "Farah", 7, "so"),
    ):
        child = district.student(given, family, grade, language, [])
        child.home = district.addresses.house()


def _only_a_landline_and_only_email(district: District, cast: Cast) -> None:
    home = district.addresses.house()
    walter = district.guardian("Walter", "van der Berg", "en", home, reach="landline")
    doris = district.guardian("Doris", "van der Berg", "en", home, reach="nothing")
    ties = [Tie(walter, "grandparent", primary=True), Tie(doris, "grandparent")]
    district.student("Henry", "van der Berg", 2, "en", ties)
    mai = district.guardian("Mai", "Trần", "vi", district.addresses.house(), reach="email")
    district.student("Bảo", "Trần", 5, "vi", [Tie(mai, "mother", primary=True)])


def _speaks_one_reads_another(district: District, cast: Cast) -> None:
    """A language of the home in which nobody was taught to read."""
    home = district.addresses.flat()
    gul = district.guardian("FNU", "Zarghona", "ps", home, reach="text")
    district.student("Wais", "Kakar", 1, "ps", [Tie(gul, "mother", primary=True)])
    cast.cannot_read.append(gul)
    maria = district.guardian("María", "Pérez", "es", district.addresses.house(), reach="text")
    district.student("Tomás", "Pérez", 0, "es", [Tie(maria, "mother", primary=True)])
    cast.cannot_read.append(maria)
    genet = district.guardian("Genet", "Zewde", "am", district.addresses.house(), reach="text")
    district.student("Saron", "Tesfaye", 6, "am", [Tie(genet, "mother", primary=True)])
    cast.reads_other[genet.id] = "en"


def _come_of_age(district: District, cast: Cast) -> None:
    """Eighteen in this term: the rights move to the student."""
    mother = district.guardian("Linda", "Schultz", "en", district.addresses.house(), reach="text")
    tie = Tie(mother, "mother", primary=True)
    district.student("Colton", "Schultz", 12, "en", [tie], birth_date="2008-09-10")


def _names(district: District, cast: Cast) -> None:
    """Names that careless programs break: marks, particles, spaces, other scripts."""
    for language, given, family, child, surname, grade in (
        ("en", "Siobhan", "Smith-Jones", "D'Andre", "Smith-Jones", 3),
        ("es", "María del Carmen", "de la Cruz", "José", "de la Cruz Peña", 10),
        ("uk", "Олена", "Мельник", "Максим", "Мельник", 5),
        ("ar", "فاطمة", "الخطيب", "مريم", "الخطيب", 4),
        ("am", "አስቴር", "ከበደ", "ዮናስ", "ዳዊት", 2),
        ("prs", "پروین", "رحیمی", "رامین", "رحیمی", 8),
    ):
        mother = district.guardian(
            given, family, language, district.addresses.house(), reach="text"
        )
        district.student(child, surname, grade, language, [Tie(mother, "mother", primary=True)])
    wants_none = district.guardian(
        "Brian", "Zimmerman", "en", district.addresses.house(), reach="text and email"
    )
    district.student("Zoe", "Zimmerman", 11, "en", [Tie(wants_none, "father", primary=True)])
    cast.wants_no_texts.append(wants_none)
