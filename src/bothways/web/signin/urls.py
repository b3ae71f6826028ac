"""Addresses of signing in: by a code sent by email, or by a link from the command line.

Only these of allauth's pages exist: no sign-up, no passwords.
"""

from allauth.account import views as allauth
from django.urls import path

from bothways.web.signin import views

urlpatterns = [
    path("", allauth.request_login_code, name="account_login"),
    # allauth looks for this name where a code has run out.
    path("again/", allauth.request_login_code, name="account_request_login_code"),
    path("code/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("out/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("link/<str:token>/", views.link, name="sign_in_link"),
]
