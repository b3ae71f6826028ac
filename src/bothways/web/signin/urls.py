"""Addresses of signing in and of one's own account.

Only these of allauth's pages exist: no sign-up, no passwords.
"""

from allauth.account import views as allauth
from allauth.mfa.base import views as steps
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from bothways.web.signin import account, begin, district, views
from bothways.web.signin.adding import AppView, PasskeyView

_entrance = views.CodeView.as_view()

urlpatterns = [
    path("", _entrance, name="account_login"),
    # allauth looks for this name where a code has run out.
    path("again/", _entrance, name="account_request_login_code"),
    path("code/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("out/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("begin/<str:token>/", begin.begin, name="begin"),
    path("link/<str:token>/", views.link, name="sign_in_link"),
    path("passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("second-step/", steps.authenticate, name="mfa_authenticate"),
    path("district/<slug:provider_id>/", district.begin, name="openid_connect_login"),
    path("district/<slug:provider_id>/back/", district.end, name="openid_connect_callback"),
    path("account/", account.account, name="account"),
    # allauth returns to these names when something of the account was changed.
    path("account/", account.account, name="mfa_index"),
    path("account/", account.account, name="mfa_list_webauthn"),
    path("account/sign-out/", account.sign_out, name="account_sign_out"),
    path("account/confirm/", steps.reauthenticate, name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey/",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/confirm/begin/", allauth.reauthenticate, name="account_reauthenticate"),
    path("account/passkeys/add/", PasskeyView.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/app/", AppView.as_view(), name="mfa_activate_totp"),
    path("account/app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
