"""Words that are another family's, or about another child: put them where they belong."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.core import clock
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Conversation, Entry
from bothways.messaging.services.moving import NotMovable, Place, move_entry, places
from bothways.outreach.services.looking import look_again, reopen
from bothways.people.models import Household
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import conversation_of, readable
from bothways.web.staff.names import Home, homes
from bothways.web.staff.scope import children_of, homes_of


class MoveForm(forms.Form):
    to = forms.ChoiceField(
        label=gettext_lazy("Where do these words belong?"), widget=forms.RadioSelect
    )


def _entry(request: StaffRequest, talk: Conversation, pk: int) -> Entry:
    """Words of a family in this conversation that this user may read: who may not, cannot judge."""
    found = (
        Entry.objects.select_related("guardian", "conversation__household", "delivery")
        .filter(pk=pk, conversation=talk, from_family=True)
        .first()
    )
    if found is None or not readable(found, talk, request.user):
        raise Http404
    return found


def _key(place: Place) -> str:
    return f"{place.household.pk}-{place.student.pk if place.student else 0}"


def _label(place: Place, home: Home, *, same: bool) -> str:
    children = ", ".join(child.name for child in home.children) or _("A family")
    if place.student is None:
        if same:
            return _("To this family, about no child in particular")
        return _("To the family of %(children)s, about no child in particular") % {
            "children": children
        }
    if same:
        return _("To this family, about %(child)s") % {"child": place.student.called}
    return _("To the family of %(children)s, about %(child)s") % {
        "children": children,
        "child": place.student.called,
    }


@require_http_methods(["GET", "POST"])
@staff(Permission.INBOX_ANSWER)
def move(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """The words, and where they could belong instead; POST moves them. Moving back is the same page."""
    talk = conversation_of(request, pk)
    words = _entry(request, talk, entry)
    found = places(words, homes=homes_of(request.user), children=children_of(request.user))
    named = homes(request.user, {talk.household_id} | {place.household.pk for place in found})
    by_key = {_key(place): place for place in found}
    form = MoveForm(request.POST if request.method == "POST" else None)
    choice = form.fields["to"]
    assert isinstance(choice, forms.ChoiceField)
    choice.choices = [
        (
            key,
            _label(
                place,
                named[place.household.pk],
                same=place.household.pk == talk.household_id,
            ),
        )
        for key, place in by_key.items()
    ]
    if request.method == "POST" and form.is_valid():
        place = by_key[form.cleaned_data["to"]]
        try:
            after = move_entry(
                entry=words, household=place.household, student=place.student, by=request.user
            )
        except NotMovable as error:
            form.add_error("to", str(error))
        else:
            _climb_on(words, talk.household, place.household)
            messages.success(
                request,
                _(
                    "The words are here now, and count for this family alone. If that was wrong, move them "
                    "back from here."
                ),
            )
            return redirect("conversation", pk=after.pk)
    return render(
        request,
        "staff/inbox/move.html",
        {
            "conversation": talk,
            "entry": words,
            "home": named[talk.household_id],
            "form": form,
            "stopped": words.meaning == Meaning.STOP.value,
            "wrong": words.meaning == Meaning.WRONG_PERSON.value,
        },
        status=422 if form.errors else 200,
    )


def _climb_on(entry: Entry, before: Household, after: Household) -> None:
    """What had ended by these words goes on where they were; where they are it is looked at anew."""
    now = clock.now()
    reopen(before, since=entry.at, at=now)
    look_again(after.pk, at=now)
