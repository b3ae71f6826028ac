"""Phone numbers: one way of writing each."""

import phonenumbers


def to_e164(raw: str, region: str) -> str | None:
    """E.164 for any number that is possible in the region, valid or not; None where it is none.

    Rosters hold numbers in unassigned area codes; they are kept, and evidence decides.
    """
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def show(e164: str) -> str:
    """As people of that country write it, with the country where it is not obvious."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, form.NATIONAL if number.country_code == 1 else form.INTERNATIONAL
    )
