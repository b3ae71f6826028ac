"""All addresses of the product."""

from django.urls import include, path

from bothways.web import hooks, hotline_calls, sounds

urlpatterns = [
    path("hooks/twilio_voice/in", hotline_calls.call, name="hotline_call"),
    path("hooks/twilio_voice/in/<str:step>", hotline_calls.call, name="hotline_step"),
    path("hooks/<str:carrier>/<path:rest>", hooks.receive, name="hook"),
    path("recordings/<str:token>", sounds.recorded, name="recorded"),
    path("sign-in/", include("bothways.web.signin.urls")),
    path("", include("bothways.web.family.urls")),
    path("", include("bothways.web.staff.urls")),
]

handler400 = "bothways.web.mishaps.refused"
handler500 = "bothways.web.mishaps.broken"
