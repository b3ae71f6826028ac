"""Writing that differs only in form, made the same: width, case, marks, invisible characters."""

import unicodedata

# Letters that keyboards of one script offer for the same sound; a family types whichever is there.
_SAME_LETTER = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ی",
        "ي": "ی",
        "ې": "ی",
        "ۍ": "ی",
        "ئ": "ی",
        "ك": "ک",
        "ګ": "گ",
        "ڪ": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "ۂ": "ه",
        "ە": "ه",
        "ھ": "ه",
        "ہ": "ه",
        "ؤ": "و",
        "ـ": "",
        "đ": "d",
        "ł": "l",
        "ø": "o",
        "ı": "i",
        "ß": "ss",
        "ґ": "г",
    }
)
_KEEPS_ITS_MARKS = str.maketrans({"đ": "đ"})
# Amharic writes several sounds with two or three letters; people mix them freely.
_AMHARIC = {"ሐ": "ሀ", "ኀ": "ሀ", "ሠ": "ሰ", "ዐ": "አ", "ፀ": "ጸ"}
_SAME_LETTER |= {
    ord(old) + order: chr(ord(new) + order) for old, new in _AMHARIC.items() for order in range(7)
}
_SAME_LETTER |= {
    ord("ኻ"): "ሀ",
    ord("ሃ"): "ሀ",
    ord("ሓ"): "ሀ",
    ord("ኃ"): "ሀ",
    ord("ዓ"): "አ",
    ord("ኣ"): "አ",
}
_SIMPLE_APOSTROPHE = str.maketrans(dict.fromkeys("’‘ʼʻ`´′ʹ＇", "'"))


def fold(text: str, *, marks: bool = False) -> str:
    """Words in lower case with single spaces, digits as 0–9, nothing else.

    Width, case, zero-width and bidi controls, punctuation and emoji are dropped or evened out;
    so are accents and vowel marks, unless ``marks`` (Vietnamese "đúng" is right, "dừng" is stop).
    Apostrophes inside a word vanish ("don't" → "dont").
    """
    text = unicodedata.normalize("NFKC", text).casefold().translate(_SIMPLE_APOSTROPHE)
    if marks:
        text = unicodedata.normalize("NFC", text).translate(_KEEPS_ITS_MARKS)
    else:
        text = unicodedata.normalize("NFKD", text.translate(_SAME_LETTER)).translate(_SAME_LETTER)
    return " ".join("".join(map(_one, text)).split())


def _one(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "No" or category == "Nl":
        return char
    if category == "Cf" or char == "'":
        return ""
    if category == "Mn":
        return ""
    if category[0] == "L" or category == "Mc":
        return char
    return " "
