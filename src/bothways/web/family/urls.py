"""Addresses that families open. Short: they are texted, printed and typed."""

from django.urls import re_path

from bothways.web.family import homework, notices, reply, right, stop, typing

urlpatterns = [
    re_path(r"^r/?$", typing.ask, name="family-code"),
    re_path(r"^sw\.js$", notices.worker, name="family-worker"),
    re_path(r"^r/(?P<typed>[^/]+)/push$", notices.notices, name="family-notices"),
    re_path(r"^r/(?P<typed>[^/]+)/right/?$", right.right, name="family-right"),
    re_path(r"^r/(?P<typed>[^/]+)/?$", reply.message, name="family-message"),
    re_path(r"^hw/?$", homework.ask, name="family-homework-code"),
    re_path(r"^hw/(?P<code>[^/]{1,40})/?$", homework.homework, name="family-homework"),
    re_path(
        r"^hw/(?P<code>[^/]{1,40})/(?P<posting>[0-9]{1,18})/sound$",
        homework.sound,
        name="family-homework-sound",
    ),
    re_path(r"^stop/(?P<typed>[^/]+)/?$", stop.address, name="family-stop"),
]
