"""A postcard with good news: a few words, printed with the letters."""

import secrets

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.channels.letters.cards import MOST
from bothways.languages.codes import direction, name_in
from bothways.messaging.services.cards import card_links, send_card
from bothways.messaging.services.messages import UnusableMessage
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import home_or_404
from bothways.web.staff.scope import children_of

_A_DAY = 24 * 3600


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def card(request: StaffRequest, pk: int, student: int) -> HttpResponse:
    """Write it in the languages that this home reads; it is printed with the letters."""
    home = home_or_404(request.user, pk)
    child = (
        children_of(request.user, Permission.MESSAGE_WRITE)
        .select_related("district", "school")
        .filter(pk=student, homes__household=home)
        .first()
    )
    if child is None:
        raise Http404
    adults = [link.guardian for link in card_links(home, child)]
    default = request.district.default_language
    tags = list(dict.fromkeys(a.reads or a.speaks or default for a in adults))
    typed = {tag: request.POST.get(f"words-{tag}", "") for tag in tags}
    wrong = ""
    if request.method == "POST":
        bodies = {tag: words.replace("\x00", "") for tag, words in typed.items() if words.strip()}
        # The same form twice is one card; the key is kept for a day, which no button is pressed in between.
        key = f"card:{request.user.pk}:{request.POST.get('form_key', '')[:40]}"
        if set(bodies) != set(tags):
            wrong = _("Write it in each language that they read at this home.")
        elif cache.add(key, 1, _A_DAY):
            try:
                send_card(household=home, student=child, bodies=bodies, by=request.user)
            except UnusableMessage as error:
                cache.delete(key)
                wrong = str(error)
        if not wrong:
            messages.success(request, _("The card is printed with the next letters: see Letters."))
            return redirect("good_news")
    record("family.seen", home, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/families/card.html",
        {
            "home": home,
            "child": child,
            "called": child.called or child.name,
            "adults": adults,
            "boxes": [(tag, name_in(tag, "en"), direction(tag), typed[tag]) for tag in tags],
            "most": MOST,
            "wrong": wrong,
            "form_key": request.POST.get("form_key", "")[:40] or secrets.token_hex(16),
            "coach": ("en", "es"),  # the languages that it reads
        },
        status=422 if wrong else 200,
    )
