"""Addresses that families open. Short: they are texted, printed and typed."""

from django.urls import re_path

from bothways.web.family import reply, stop, typing

urlpatterns = [
    re_path(r"^r/?$", typing.ask, name="family-code"),
    re_path(r"^r/(?P<typed>[^/]+)/?$", reply.message, name="family-message"),
    re_path(r"^stop/(?P<typed>[^/]+)/?$", stop.address, name="family-stop"),
]
