"""Whence a translation in a form is: the suggestion’s origin as long as nobody changed its words."""

import hashlib

from django.core import signing

from bothways.languages.services import Suggestion
from bothways.messaging.enums import Origin

_SALT = "bothways.whence"


def sign(suggestion: Suggestion) -> str:
    """What the form carries beside a suggestion, so that it knows it again."""
    values = [_digest(suggestion.text), suggestion.origin.value, suggestion.engine]
    return signing.dumps(values, salt=_SALT)


def whence(signed: str, words: str) -> tuple[Origin, str]:
    """(origin, engine) of these words: a person’s where they are not what was suggested."""
    try:
        digest, origin, engine = signing.loads(signed, salt=_SALT)
        return (Origin(origin), str(engine)) if digest == _digest(words) else (Origin.PERSON, "")
    except (signing.BadSignature, ValueError, TypeError):
        return Origin.PERSON, ""


def _digest(text: str) -> str:
    # A form gives back other line ends than it was given.
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:24]
