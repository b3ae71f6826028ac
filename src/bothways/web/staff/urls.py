"""Addresses of the staff side."""

from django.urls import path
from django.views.i18n import set_language

from bothways.web.staff import (
    families,
    family_pages,
    inbox,
    letters,
    reach,
    roster,
    sent,
    writing,
)

urlpatterns = [
    path("", reach.board, name="reach"),
    path("language/", set_language, name="set_language"),
    path("families/", families.families, name="families"),
    path("families/<int:pk>/", family_pages.family, name="family"),
    path("families/<int:pk>/note/", family_pages.note, name="note"),
    path("families/<int:pk>/ways/", family_pages.add_point, name="add_point"),
    path("families/<int:pk>/ways/<int:point>/wrong/", family_pages.wrong_point, name="wrong_point"),
    path("families/<int:pk>/adults/<int:guardian>/", family_pages.guardian, name="guardian"),
    path("families/<int:pk>/restrictions/", family_pages.restrict, name="restrict"),
    path("families/<int:pk>/restrictions/<int:restriction>/lift/", family_pages.lift, name="lift"),
    path("write/", writing.write, name="write"),
    path("sent/", sent.sent, name="sent"),
    path("sent/<int:pk>/", sent.message, name="sent_message"),
    path("sent/<int:pk>/deliveries/", sent.decide_all, name="decide_all"),
    path("sent/<int:pk>/deliveries/<int:delivery>/", sent.decide, name="decide"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", inbox.conversation, name="conversation"),
    path("inbox/<int:pk>/settled/", inbox.settled, name="settled"),
    path("inbox/<int:pk>/hand-over/", inbox.handed_over, name="hand_over"),
    path("inbox/alerts/<int:pk>/", inbox.alert, name="alert"),
    path("letters/", letters.letters, name="letters"),
    path("letters/tray/<str:name>.pdf", letters.batch, name="batch"),
    path("letters/handed/<int:pk>/", letters.handed, name="handed"),
    path("letters/slip/", letters.slip, name="slip"),
    path("letters/returned/", letters.returned, name="returned"),
    path("roster/", roster.roster, name="roster"),
    path("roster/upload/", roster.upload, name="roster_new"),
    path("roster/imports/<int:pk>/", roster.run, name="roster_run"),
    path("roster/<str:key>/", roster.one, name="roster_upload"),
    path("roster/<str:key>/confirm/", roster.confirm, name="roster_confirm"),
    path("roster/<str:key>/discard/", roster.discard, name="roster_discard"),
]
