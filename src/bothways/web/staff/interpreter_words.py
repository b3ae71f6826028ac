"""What interpreters’ terms are called on staff pages."""

from django.utils.translation import gettext_lazy as _

from bothways.web.staff.words import Words

PARTS: Words = {
    "interpreter": _("Interprets: says what both sides say, adds nothing"),
    "representative": _("Speaks for a community: is trusted there, and explains both sides"),
}
OCCASIONS: Words = {
    "call": _("A phone call"),
    "visit": _("A visit at the family’s home"),
    "conversation": _("A conversation at school"),
    "place": _("Somewhere else"),
}
BOOKINGS: Words = {
    "asked": _("asked, no answer yet"),
    "accepted": _("comes"),
    "declined": _("cannot come"),
    "cancelled": _("called off"),
    "took_place": _("was there"),
    "no_show": _("did not come"),
}
