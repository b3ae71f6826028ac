"""Phone numbers in a cell → E.164. What is possible is kept, valid or not: evidence decides."""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, ValidationResult

from bothways.roster.records import Phone

_SIGNS = dict.fromkeys(map(ord, " ().-/\t\xa0\u2010\u2011\u2012\u2013\u2014\u200b\u202f"))
_APART = re.compile(r"[;,|\n]|\s/\s|\bor\b|\band\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<number>\+?[\d(][\d\s().\-/\xa0\u2010-\u2014]*\d)"
    r"(?:\s*(?:;?ext=|ext(?:ension|n)?\.?|x|#)[\s.:]*(?P<extension>\d{1,8}))?",
    re.IGNORECASE,
)
_NOTHING = {"", "none", "n/a", "na", "null", "no phone", "unlisted", "unknown", "-", "--", "0"}


class Numbers(NamedTuple):
    phones: tuple[Phone, ...] = ()
    unreadable: tuple[str, ...] = ()
    doubtful: bool = False  # at least one is possible but lies in no numbering plan


_NO_NUMBERS = Numbers()


class PhoneReader:
    """Reads numbers as written in one region; remembers what it has read."""

    def __init__(self, region: str) -> None:
        self.region = region.upper()
        self._north_american = phonenumbers.country_code_for_region(self.region) == 1

    def read(self, text: str, *, texts: bool) -> Numbers:
        """The numbers in a cell, in order, each with its extension."""
        if self._north_american and (national := _ten_digits(text)):
            if len(set(national)) == 1:
                return Numbers(unreadable=(text,))
            phone = Phone("+1" + national, "", texts)
            return Numbers((phone,), (), _north_american_numbers().fullmatch(national) is None)
        plain = " ".join(text.split())
        if plain.casefold() in _NOTHING:
            return _NO_NUMBERS
        phones: list[Phone] = []
        unreadable: list[str] = []
        doubtful = False
        for part in _APART.split(text):
            part = " ".join(part.split())
            if part.casefold() in _NOTHING:
                continue
            found = _NUMBER.findall(part)
            number, extension = found[0] if len(found) == 1 else ("", "")
            e164, valid = self._parse(number)
            if not e164:
                unreadable.append(part[:60])
            elif not any(p.number == e164 and p.extension == extension for p in phones):
                phones.append(Phone(e164, extension, texts))
                doubtful = doubtful or not valid
        return Numbers(tuple(phones), tuple(unreadable), doubtful)

    def _parse(self, text: str) -> tuple[str, bool]:
        """E.164 and whether a numbering plan has it; "" if it cannot be dialled."""
        if len(set(filter(str.isdigit, text))) < 2:
            return "", False  # 000-000-0000 fills a required field
        try:
            number = phonenumbers.parse(text, self.region)
        except phonenumbers.NumberParseException:
            return "", False
        if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
            return "", False
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return e164, phonenumbers.is_valid_number(number)


def _ten_digits(text: str) -> str:
    """The ten digits of a plainly written North American number, else ""."""
    digits = text.translate(_SIGNS)
    if digits.startswith("+1"):
        digits = digits[2:] if len(digits) == 12 else ""
    elif len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(digits) == 10 and digits.isascii() and digits.isdigit() and digits[0] > "1":
        return digits
    return ""


@cache
def _north_american_numbers() -> re.Pattern[str]:
    """Every number that some plan of country code 1 has.

    Asking the library for each number costs 40 µs, this 1 µs: seconds in a district's roster.
    """
    plans = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        meta = PhoneMetadata.metadata_for_region(region)
        if meta is None or meta.general_desc is None:
            continue
        kinds = (
            meta.premium_rate,
            meta.toll_free,
            meta.shared_cost,
            meta.voip,
            meta.personal_number,
            meta.pager,
            meta.uan,
            meta.voicemail,
            meta.fixed_line,
            meta.mobile,
        )
        patterns = [
            kind.national_number_pattern
            for kind in kinds
            if kind is not None and kind.national_number_pattern not in (None, "NA")
        ]
        plans.append(f"(?={meta.general_desc.national_number_pattern}$)(?:{'|'.join(patterns)})")
    return re.compile("|".join(f"(?:{plan})" for plan in plans))


def merge(*groups: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """Each number once, in order; one that can take texts anywhere takes them."""
    found: dict[tuple[str, str], Phone] = {}
    for phones in groups:
        for phone in phones:
            key = (phone.number, phone.extension)
            known = found.get(key)
            if known is None or (phone.texts and not known.texts):
                found[key] = phone
    return tuple(found.values())
