"""Whose words a version has, after somebody worked on them."""

import pytest

from bothways.messaging.enums import Origin
from bothways.web.staff.origins import Made, origin_of

MACHINE = Made("Complacer llamar a la oficina mañana.", Origin.MACHINE, "apertium")
BOOK = Made("La escuela cierra a las 12.", Origin.PHRASEBOOK)


@pytest.mark.parametrize(
    ("made", "body", "origin"),
    [
        (None, "Llame por favor.", Origin.PERSON),
        (MACHINE, MACHINE.text, Origin.MACHINE),
        (MACHINE, f"{MACHINE.text}\r\n", Origin.MACHINE),
        # Who mends a word of a machine's has not gone through the rest.
        (MACHINE, "Favor de llamar a la oficina mañana.", Origin.MACHINE),
        (MACHINE, "¿Puede venir el jueves con su hijo?", Origin.PERSON),
        (BOOK, BOOK.text, Origin.PHRASEBOOK),
        (BOOK, "La escuela cierra a la 1.", Origin.PERSON),
    ],
)
def test_whose_words_these_are(made: Made | None, body: str, origin: Origin) -> None:
    assert origin_of(made, body) is origin
