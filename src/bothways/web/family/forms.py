"""The proof that a form came from its own page, without a cookie.

Django's own proof needs a cookie, and an Origin that browsers keep back from pages with
``Referrer-Policy: no-referrer``. Here the code in the address is the only right there is: the proof is bound
to it, works in browsers that refuse cookies, and after days.
"""

import hashlib
import secrets
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from bothways.messaging.enums import Meaning

BUTTONS = {
    "seen": Meaning.ACKNOWLEDGED,
    "call": Meaning.CALL_ME,
    "unclear": Meaning.NOT_UNDERSTOOD,
}
MOST_ANSWER = 200  # characters of a button


@dataclass(frozen=True, slots=True)
class Form:
    """The hidden fields of one rendering."""

    key: str
    proof: str


def new_form(code: str) -> Form:
    """A form for the page of this code."""
    key = secrets.token_hex(16)
    return Form(key, _proof(code, key))


def _proof(code: str, key: str) -> str:
    return salted_hmac("bothways.web.family.forms", f"{code}:{key}", algorithm="sha256").hexdigest()


def is_ours(request: HttpRequest, code: str, key: str, proof: str) -> bool:
    """Whether this proof was given out with the page of this code."""
    genuine = constant_time_compare(_proof(code, key), proof)
    # Django's mark of requests that need no proof: its test client's.
    return genuine or bool(getattr(request, "_dont_enforce_csrf_checks", False))


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody sent from the page."""

    words: str
    button: Meaning | None  # None: the words were sent
    genuine: bool
    key: str  # of these words in this form: the same twice is one

    @property
    def says_something(self) -> bool:
        return bool(self.words.strip()) or self.button is not None


def read_form(request: HttpRequest, code: str) -> Filled:
    """The filled-in form. Line ends are one character, as the person sees them."""
    posted = request.POST
    words = posted.get("words", "").replace("\r\n", "\n").replace("\x00", "")
    # The button of a question: it comes first, what was typed stands below it.
    answer = " ".join(posted.get("answer", "")[:MOST_ANSWER].replace("\x00", "").split())
    words = "\n".join(part for part in (answer, words) if part.strip())
    button = next((meaning for name, meaning in BUTTONS.items() if name in posted), None)
    form_key = posted.get("form_key", "")
    genuine = constant_time_compare(_proof(code, form_key), posted.get("csrfmiddlewaretoken", ""))
    # Django's mark of requests that need no proof: its test client's.
    if getattr(request, "_dont_enforce_csrf_checks", False):
        genuine, form_key = True, form_key or secrets.token_hex(16)
    # The words belong to the key: whoever goes back, changes them and sends again says something new.
    said = f"{code}\0{form_key}\0{button}\0{words}".encode(errors="surrogatepass")
    return Filled(words, button, genuine, hashlib.sha256(said).hexdigest()[:32])
