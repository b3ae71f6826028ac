"""Settings: everything an installation may differ in comes from the environment.

``bothways`` (the command) fills in what is missing: the embedded database's address, the folder, the key.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bothways.config import sign_in
from bothways.config.database import databases, session_url
from bothways.core import logs
from bothways.languages.codes import LANG_INFO, RIGHT_TO_LEFT
from bothways.languages.codes import LANGUAGES as OUR_LANGUAGES

BASE = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("BOTHWAYS_SECRET_KEY") or "only-for-checks-that-open-no-pages"
DEBUG = False
PUBLIC_URL = os.environ.get("BOTHWAYS_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS = [
    host
    for host in os.environ.get("BOTHWAYS_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
    if host
]
if (_public := urlsplit(PUBLIC_URL).hostname) and _public not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# Where carriers cannot reach us (a school behind a router): ask them once a minute.
POLL = os.environ.get("BOTHWAYS_POLL", "") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "bothways.core",
    "bothways.audit",
    "bothways.schools",
    "bothways.upkeep",
    "bothways.accounts",
    "bothways.channels",
    "bothways.languages",
    "bothways.people",
    "bothways.welcome",
    "bothways.barriers",
    "bothways.ledger",
    "bothways.consent",
    "bothways.messaging",
    "bothways.roster",
    "bothways.interpreters",
    "bothways.reach",
    "bothways.outreach",
    "bothways.feedback",
    "bothways.hotline",
    "bothways.progress",
    "bothways.surveys",
    "bothways.cases",
    "bothways.web",
]

MIDDLEWARE = [
    "bothways.web.watch.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "bothways.web.middleware.PolicyMiddleware",
]

ROOT_URLCONF = "bothways.config.urls"
WSGI_APPLICATION = "bothways.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bothways.web.context.page",
            ]
        },
    }
]

DATABASES = databases(os.environ)
# For programs that need a session of their own: the nightly backup.
SESSION_URL = session_url(os.environ) or ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Only tries to sign in are counted here. In each server's own memory they would start from nothing on
# the next host: ten web processes would let somebody guess ten times as often.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "KEY_FUNCTION": "bothways.config.cache.hidden",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Nobody has a password: links, passkeys and the district's own sign-in need no code on top.
ACCOUNT_LOGIN_BY_CODE_REQUIRED = {"password"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_ADAPTER = "bothways.config.adapter.StaffAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
# An address that nobody here has gets no mail: the page says the same words either way.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,3/m/key",
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "reauthenticate": "10/m/user",
}
# A second step, and of whom it is asked: off, leaders (who sees everything), everyone.
MFA_REQUIRED_OF = sign_in.second_step(os.environ.get("BOTHWAYS_MFA", ""))
MFA_ADAPTER = "bothways.config.adapter.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Addresses come from the roster or an administrator: nobody signs up, so there is nothing to verify first.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # clocks of phones are off by a few seconds
# The district's own accounts (OpenID Connect).
SOCIALACCOUNT_ADAPTER = "bothways.config.adapter.DistrictSignInAdapter"
SOCIALACCOUNT_PROVIDERS = sign_in.providers(os.environ.get("BOTHWAYS_OIDC", ""))
# A form that is sent on elsewhere would need that place in the policy (form-action): a link it is.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
# Parts that understand some texts of families and teachers by themselves, in the order they are asked.
TEXT_DESKS = ("bothways.hotline.services.desk.receive",)
# A language model that the district hosts itself (OpenAI-compatible); off unless both are set.
COACH_MODEL_URL = os.environ.get("BOTHWAYS_COACH_MODEL_URL", "")
COACH_MODEL_NAME = os.environ.get("BOTHWAYS_COACH_MODEL_NAME", "")
COACH_MODEL_KEY = os.environ.get("BOTHWAYS_COACH_MODEL_KEY", "")
# A demonstration: sign-in links may be used again for a day.
DEMO = os.environ.get("BOTHWAYS_DEMO", "") == "1"

LANGUAGE_CODE = "en"
LANGUAGES = [(tag, LANG_INFO[tag]["name_local"]) for tag in OUR_LANGUAGES]
LANGUAGES_BIDI = [*RIGHT_TO_LEFT, "he", "fa", "ur"]
LOCALE_PATHS = [BASE / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Where the web server lays the style sheets compressed before it starts; without it they go out as they are.
STATIC_ROOT = os.environ.get("BOTHWAYS_STATIC") or None
WHITENOISE_USE_FINDERS = not (STATIC_ROOT and Path(STATIC_ROOT).is_dir())

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
ROSTER_UPLOAD_MAX = 200 * 1024 * 1024

EMAIL_BACKEND = "bothways.config.mail.SmtpBackend"
DEFAULT_FROM_EMAIL = "school@localhost"  # until the carrier “smtp” says otherwise

LOGGING = logs.settings()
