"""The letters of a plain text message: GSM 03.38."""

# 160 of them make a part; each of the second set takes two places.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€\f")


def is_plain(text: str) -> bool:
    """Whether every letter is one of these; else the whole text goes out at 70 letters a part."""
    return all(letter in BASIC or letter in DOUBLE for letter in text)
