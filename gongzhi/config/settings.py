"""The one settings file. Defaults are safe for production; `gongzhi demo` relaxes what a laptop needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

import gongzhi
from gongzhi.config import env

PACKAGE = Path(gongzhi.__file__).resolve().parent
VAR = Path(os.environ.get("VAR") or "var").resolve()
VERSION = gongzhi.__version__

# --- what kind of run this is ---
#: Plain http on this machine only: demo and tests. Cookies lose `Secure`, headers lose HSTS.
HTTPS = env.flag("GONGZHI_HTTPS", True)
DEMO = env.flag("GONGZHI_DEMO", False)
DEBUG = env.flag("DEBUG", False)

KEYS = env.keys(VAR)
#: Keys that sign certificates, the one in use first.
CERTIFICATE_KEYS = env.certificate_keys(VAR)
SECRET_KEY = KEYS.django
FIELD_CIPHER = env.text("GONGZHI_FIELD_CIPHER", "AES-256-GCM")

ALLOWED_HOSTS = env.words("GONGZHI_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and not host.startswith(("[", "*"))]
#: Set when a proxy of ours stands in front and overwrites X-Forwarded-Proto.
BEHIND_PROXY = env.flag("GONGZHI_BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- parts ---
#: Floors of ARCHITECTURE.md from the top down.
OUR_APPS = [
    "gongzhi.portal",
    "gongzhi.api",
    "gongzhi.registry",
    "gongzhi.cases",
    "gongzhi.loudspeaker",
    "gongzhi.privacy",
    "gongzhi.orgs",
    "gongzhi.accounts",
    "gongzhi.rulebook",
    "gongzhi.files",
    "gongzhi.notify",
    "gongzhi.tlog",
    "gongzhi.reference",
    "gongzhi.audit",
    "gongzhi.ui",
    "gongzhi.core",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *[app for app in OUR_APPS if (PACKAGE / app.removeprefix("gongzhi.") / "apps.py").exists()],
    "django.forms",  # last: our form templates come first
]

MIDDLEWARE = [
    "gongzhi.core.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "gongzhi.api.middleware.Doorstep",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gongzhi.accounts.middleware.RememberDevice",
    "django_htmx.middleware.HtmxMiddleware",
    "gongzhi.core.middleware.Refusals",
    "gongzhi.accounts.middleware.SessionLimits",
]

ROOT_URLCONF = "gongzhi.config.urls"
WSGI_APPLICATION = "gongzhi.config.wsgi.application"
DOOR_ACTOR = "gongzhi.orgs.acting.actor_of"
DISPLAY_KEEPER = "gongzhi.accounts.handlers.keep_display"
DOOR_REFUSAL = "gongzhi.audit.looks.record_refusal"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "gongzhi.ui.context.interface",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "gongzhi.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database ---
#: Commands that migrate run as the owner of the schema; everything else as the application's role.
AS_OWNER = env.flag("GONGZHI_AS_OWNER", False)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **env.database(
            env.text("DATABASE_OWNER_URL" if AS_OWNER else "DATABASE_URL", "postgresql://gz_app@localhost/gongzhi")
        ),
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": env.number("GONGZHI_CONNECTION_AGE", 600),
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "TEST": {"NAME": "test_gongzhi"},
    }
}
#: No server-side prepared statements: their generic plans are slow for search, and a transaction pool loses them.
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", None)
DATABASES["default"]["OPTIONS"].setdefault("application_name", "gongzhi")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
#: A nightly job that was missed is made up within a day; the library's own limit is ten minutes.
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": 86_400}

# --- people ---
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["gongzhi.accounts.backend.AccountBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "portal:home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "gongzhi.accounts.passwords.MaximumLength"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "gongzhi.accounts.passwords.CommonAtHeart"},
    {"NAME": "gongzhi.accounts.passwords.ContextWords"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_ENGINE = "gongzhi.core.sessions"
SESSION_COOKIE_AGE = 12 * 3600
#: How long nobody may use a session before it ends; the age above counts from signing in, however busy it is.
SESSION_IDLE_S = env.number("GONGZHI_SESSION_IDLE_MINUTES", 120) * 60
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = HTTPS, True, "Lax"
CSRF_FAILURE_VIEW = "gongzhi.config.refusals.csrf"

# --- django-allauth: its models and primitives; none of its addresses is mounted (docs/adr/0014) ---
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "gongzhi.accounts.providers.StraightAdapter"
MFA_ADAPTER = "gongzhi.accounts.factors.SealedAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = env.text("GONGZHI_SITE_NAME", "共治")
MFA_TOTP_TOLERANCE = 1
MFA_PASSKEY_LOGIN_ENABLED = True
#: Who else vouches for people: a TOML file with one table a provider (docs/guides/sign-in.md). None by default.
IDENTITY_PROVIDERS: dict[str, dict[str, Any]] = env.tables("GONGZHI_IDENTITY_PROVIDERS")
#: Sources that are asked whether name and number of a document belong together (`accounts/verifiers.py`).
IDENTITY_CHECKS: dict[str, dict[str, Any]] = env.tables("GONGZHI_IDENTITY_CHECKS")
#: Officials act for their agency only in a session with a second factor. A demonstration goes without, and says so.
STAFF_SECOND_FACTOR = env.flag("GONGZHI_STAFF_SECOND_FACTOR", not DEMO)
#: Days in which the old ways to reach somebody are told that two officials let them in anew, and can stop it.
RECOVERY_WAIT_DAYS = env.number("GONGZHI_RECOVERY_WAIT_DAYS", 3)
#: Acts of high risk ask again who somebody is, unless they proved it ten minutes ago at most.
STEP_UP = env.flag("GONGZHI_STEP_UP", True)

# --- words ---
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["gongzhi.config.formats"]
USE_THOUSAND_SEPARATOR = False

# --- the API: requests a minute, for a network address and for a client with a key ---
API_PER_MINUTE = env.number("GONGZHI_API_PER_MINUTE", 300)
API_CLIENT_PER_MINUTE = env.number("GONGZHI_API_CLIENT_PER_MINUTE", 1200)

#: A folder of code lists that add to or change the packaged ones (gongzhi/reference/data/codes).
REFERENCE_CODES = env.text("GONGZHI_CODES") or None

#: Further folders with files of case types (services); a file of the same name takes the place of a packaged one.
CASE_TYPES = [one for one in env.text("GONGZHI_CASE_TYPES").split(os.pathsep) if one]

#: Where this host keeps its copy of the search rows (`gongzhi index` writes it). It can be deleted at any time.
SEARCH_INDEX = Path(env.text("GONGZHI_SEARCH_INDEX") or VAR / "index" / "orgs")

# --- files ---
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
UPLOADS = Path(env.text("GONGZHI_UPLOADS") or VAR / "uploads")
#: An S3-compatible store in place of that folder, which then only holds what is in hand. Empty: the folder.
OBJECT_STORE = env.object_store()
UPLOADS_PER_PERSON_MB = env.number("GONGZHI_UPLOADS_PER_PERSON_MB", 500)
UPLOADS_PER_ORGANIZATION_MB = env.number("GONGZHI_UPLOADS_PER_ORGANIZATION_MB", 5000)
#: Static files straight from the sources, for tests: nothing has to be collected first.
STATIC_FROM_SOURCE = env.flag("GONGZHI_STATIC_FROM_SOURCE", False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": UPLOADS}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FROM_SOURCE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = STATIC_FROM_SOURCE
#: The unix socket of a virus scanner (clamd); without it uploads are checked by form only.
CLAMD_SOCKET = env.text("GONGZHI_CLAMD_SOCKET")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- mail: to the console until a server is configured ---
EMAIL_BACKEND = env.text("GONGZHI_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("GONGZHI_EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("GONGZHI_EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("GONGZHI_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("GONGZHI_EMAIL_PASSWORD")
EMAIL_TIMEOUT = 20  # a delivery holds its row while the mail server answers
EMAIL_USE_TLS = env.flag("GONGZHI_EMAIL_TLS", False)
DEFAULT_FROM_EMAIL = env.text("GONGZHI_EMAIL_FROM", "gongzhi@localhost")

# --- text messages and WeChat: through a gateway of the operator's (notify/gateways.py); the demonstration prints them ---
#: Channel → address, key and shared secret of its gateway; a channel without an address is off.
NOTICE_GATEWAYS = {
    channel: (
        env.text(f"GONGZHI_{channel.upper()}_GATEWAY"),
        env.text(f"GONGZHI_{channel.upper()}_KEY"),
        env.text(f"GONGZHI_{channel.upper()}_SECRET"),
    )
    for channel in ("sms", "wechat")
}
#: When nobody is rung who has not chosen hours of their own, Shanghai time.
QUIET_HOURS = env.hours("GONGZHI_QUIET_HOURS", "21:00-08:00")

# --- what an operator fills in; a slot that is empty is not shown ---
SITE = {
    "operator": env.text("GONGZHI_OPERATOR"),
    "hotline": env.text("GONGZHI_HOTLINE"),
    "icp": env.text("GONGZHI_ICP"),
    "police": env.text("GONGZHI_POLICE_RECORD"),
    "site_code": env.text("GONGZHI_SITE_CODE"),
    "ipv6": env.flag("GONGZHI_IPV6", False),
}
LOG_ORIGIN = env.text("GONGZHI_LOG_ORIGIN", "localhost/tlog")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "gongzhi.core.logs.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("GONGZHI_LOG_LEVEL", "WARNING")},
}

# W003 etc. look for Django's own security middleware; ours sets the same headers and a test asserts them for every URL.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",
    "security.W002",
    "security.W003",
    "security.W004",
    "security.W008",
    "security.W021",
]
