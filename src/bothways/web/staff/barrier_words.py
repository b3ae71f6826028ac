"""What the terms of barriers are called on staff pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bothways.barriers.enums import Effect, HelpState, Level, Source

LEVELS: dict[Level, Promise] = {
    Level.FAMILY: _("Around the family"),
    Level.EDUCATOR: _("At school"),
    Level.PARTNERSHIP: _("Between the two"),
}
EFFECTS: dict[Effect, Promise] = {
    Effect.SLEEPS_BY_DAY: _(
        "Nothing rings there from seven in the morning until two, unless they told other hours"
    ),
    Effect.NO_CALLS_BY_DAY: _("Automatic calls come after five"),
    Effect.NO_CALLS_IN_THE_EVENING: _("Automatic calls come before five"),
    Effect.LINKS_LATER: _("Email and notices come after what needs no internet"),
    Effect.CALLS_LATER: _("Calls come after everything else"),
    Effect.PHONE_LATER: _("Paper and people come before anything that needs a phone"),
    Effect.VOICE_FIRST: _(
        "Spoken words come first; letters and email only after a person has called or come by"
    ),
    Effect.PAPER_LATER: _("Letters come last; people ask who knows where they are"),
    Effect.INTERPRETER: _("An interpreter belongs to every talk"),
    Effect.ANOTHER_FACE: _(
        "Somebody other than the teacher goes first, through people they trust and at another place; "
        "no letter before"
    ),
    Effect.MEET_NEAR: _("After the first call: meeting near them, or a visit"),
    Effect.NO_VISIT: _("Nobody goes to their home unless they ask"),
}
STATES: dict[HelpState, Promise] = {
    HelpState.OFFERED: _("offered"),
    HelpState.IN_PLACE: _("in place"),
    HelpState.NOT_NEEDED: _("not needed, they say"),
}
SOURCES: dict[Source, Promise] = {
    Source.STAFF: _("written down by staff"),
    Source.CONVERSATION: _("from a conversation"),
    Source.OUTCOME: _("from a call or visit"),
    Source.SURVEY: _("from a survey"),
    Source.PAGE: _("on their own page"),
    Source.VISIT: _("on a visit"),
    Source.WELCOME: _("from the welcome conversation"),
    Source.CASE: _("from working it out together"),
}
