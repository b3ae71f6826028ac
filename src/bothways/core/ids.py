"""Keys that say nothing and codes that people can type."""

import re
import secrets

# Consonants only, none that looks like a digit: no code spells a word, none is misread on paper.
CODE_LETTERS = "BCDFGHJKMNPQRTVW"
CODE_LENGTH = 12


def key() -> str:
    """An opaque key of 128 bits, safe in an address."""
    return secrets.token_hex(16)


def code() -> str:
    """A code of 48 bits for families, as stored: twelve letters."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def show_code(code: str) -> str:
    """As printed: groups of four."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_code(typed: str) -> str | None:
    """The code somebody typed, in any case and grouping; None if it can be none."""
    letters = re.sub(r"[\s\-–—_.]", "", typed).upper()
    if len(letters) == CODE_LENGTH and all(letter in CODE_LETTERS for letter in letters):
        return letters
    return None
