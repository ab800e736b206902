"""Lumbar's settings, all from the environment (docs/operating.md lists the variables).

LUMBAR_MODE is production unless said otherwise. Clinical thresholds are not settings:
they are versioned code in tracker/rules.
"""

from __future__ import annotations

import zoneinfo
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

# The machine's time zone files may be old; those of the pinned tzdata are the same everywhere.
zoneinfo.reset_tzpath(())

env = environ.FileAwareEnv()  # NAME_FILE names a file that holds the value of NAME


def required(name: str, hint: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return str(value)


# --- Mode ---------------------------------------------------------------------------------

MODES = ("production", "development", "demo", "test")
MODE = env.str("LUMBAR_MODE", default="production")
if MODE not in MODES:
    raise ImproperlyConfigured(f"LUMBAR_MODE is {MODE!r}: choose one of {', '.join(MODES)}.")
IS_PRODUCTION = MODE == "production"

# Error pages show data to every visitor: never where patients' data are.
DEBUG = env.bool("DEBUG", default=False)
if DEBUG and IS_PRODUCTION:
    raise ImproperlyConfigured("DEBUG shows data to visitors: set LUMBAR_MODE=development too.")

# Never where real deadlines apply.
CLOCK_MAY_SHIFT = MODE in {"demo", "test"}

# --- Secrets, hosts and servers --------------------------------------------------------------

if IS_PRODUCTION:
    SECRET_KEY = required("SECRET_KEY", "50 random characters, kept secret and backed up.")
    ALLOWED_HOSTS = required("ALLOWED_HOSTS", "the host names served, with commas.").split(",")
    DATABASE_URL = required("DATABASE_URL", "postgresql://user:password@host/name")
    BROKER_URL = required("BROKER_URL", "redis://:password@host:6379/0 (Redis or Valkey)")
else:
    # manage.py names the servers that it starts; these defaults let commands run without any.
    SECRET_KEY = env.str("SECRET_KEY", default="not secret, outside production only: " + "x" * 50)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    DATABASE_URL = env.str("DATABASE_URL", default="postgresql://lumbar@localhost/lumbar")
    BROKER_URL = env.str("BROKER_URL", default="redis://localhost:6379/0")

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former keys, while rotating
PORT = env.int("PORT", default=8000)
# Where people reach the web server: links in mails begin with it.
PUBLIC_URL = (
    required("PUBLIC_URL", "https://lumbar.example.org, as people type it.")
    if IS_PRODUCTION
    else env.str("PUBLIC_URL", default=f"http://localhost:{PORT}")
).rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- Applications --------------------------------------------------------------------------

INSTALLED_APPS = [
    "tracker",
    "notifications",
    "clock",
    "backend",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "anymail",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
]
if not IS_PRODUCTION:
    INSTALLED_APPS.append("demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.middleware.RequestMiddleware",
    "tracker.api.http.middleware.ProblemMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database ------------------------------------------------------------------------------

# Nobody waits longer for a request or task. Commands that an operator starts (migrate,
# check_invariants) have no such limits: manage.py lifts them.
SESSION_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
}
HAS_SESSION_LIMITS = env.bool("DATABASE_LIMITS", default=True)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)


def database(url: str) -> dict[str, Any]:
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    options = config.setdefault("OPTIONS", {})
    if "host" in options:  # libpq's way to name the directory of a socket
        config["HOST"] = options.pop("host")
    if config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://")
    if HAS_SESSION_LIMITS:
        limits = " ".join(f"-c {name}={value}" for name, value in SESSION_LIMITS.items())
        options["options"] = " ".join(filter(None, [options.get("options"), limits]))
    # One per process: gunicorn opens it after the fork; Celery (backend/celery.py) has none.
    options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5}
    return config | {
        "CONN_MAX_AGE": 0,  # the pool keeps the connections
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,  # services say where a transaction begins and ends
    }


DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits count over all processes, so they need a shared cache.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Accounts ------------------------------------------------------------------------------

AUTH_USER_MODEL = "tracker.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE in {"demo", "test"}:
    # Fast, because hundreds of invented people sign in.
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ["email"]}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]

ACCOUNT_ADAPTER = "tracker.console.accounts.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.partition(":")[0]
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "tracker.api.accounts.session_strategy.PhoneSessionStrategy"  # noqa: S105 - names a class
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"

# --- Web -----------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],  # only tracker.api.http.strict_json reads bodies
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tracker.api.http.problems.handle",
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,  # trusted entries of X-Forwarded-For
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Lumbar",
    "DESCRIPTION": "The backend of a self-care diary for back pain.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["tracker.api.http.openapi.add_security"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024  # bytes of a request's body
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
APPEND_SLASH = False  # a redirected PUT loses its body

IS_HTTPS = PUBLIC_URL.startswith("https:")
if IS_PRODUCTION and not IS_HTTPS:
    raise ImproperlyConfigured("PUBLIC_URL begins with http: health data travels by https only.")
COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""  # a browser takes such a cookie by https only
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"  # links in mails arrive signed in
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a shift
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
# Not redirected but refused: a client that uses http has already sent its token in plain text.
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # see SECURE_SSL_REDIRECT
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    # The proxy must set the header itself and drop the one a client sends.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is uploaded
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = not IS_PRODUCTION

# --- Mail ----------------------------------------------------------------------------------

# smtp://, smtp+tls://, smtp+ssl://; consolemail:// prints.
EMAIL_URL = (
    required("EMAIL_URL", "smtp+tls://user:password@host:587")
    if IS_PRODUCTION
    else env.str("EMAIL_URL", default="consolemail://")
)
_mail = environ.Env.email_url_config(EMAIL_URL)
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default=_mail["EMAIL_BACKEND"])
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds: a claim's lease is longer
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Lumbar <lumbar@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# With EMAIL_BACKEND=anymail.backends....EmailBackend: that provider's keys, as JSON.
ANYMAIL: dict[str, Any] = env.json("ANYMAIL", default={}) | {"REQUESTS_TIMEOUT": (3, 10)}

# --- Other channels: each is there when its key is (docs/channels.md) --------------------------

WEBPUSH_PRIVATE_KEY = env.str("WEBPUSH_PRIVATE_KEY", default="")  # VAPID, 32 bytes in base64url
WEBPUSH_CONTACT = env.str("WEBPUSH_CONTACT", default=f"mailto:{parseaddr(SERVER_EMAIL)[1]}")
# Clients choose the endpoint, so only those of known push services are called.
WEBPUSH_SERVICES = env.list(
    "WEBPUSH_SERVICES",
    default=[
        "https://fcm.googleapis.com",
        "https://updates.push.services.mozilla.com",
        "https://*.push.apple.com",
        "https://*.notify.windows.com",
    ],
)
FCM_SERVICE_ACCOUNT = env.str("FCM_SERVICE_ACCOUNT", default="")  # the JSON that Google gives
FCM_URL = env.str("FCM_URL", default="https://fcm.googleapis.com")
APNS_KEY = env.str("APNS_KEY", default="", multiline=True)  # the .p8 that Apple gives
APNS_KEY_ID = env.str("APNS_KEY_ID", default="")
APNS_TEAM_ID = env.str("APNS_TEAM_ID", default="")
APNS_TOPIC = env.str("APNS_TOPIC", default="")  # the app's bundle id
APNS_URL = env.str("APNS_URL", default="https://api.push.apple.com")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")  # a number, or a messaging service (MG...)
TWILIO_URL = env.str("TWILIO_URL", default="https://api.twilio.com")
# A relay signs its delivery reports with this (Standard Webhooks).
RECEIPTS_SECRET = env.str("RECEIPTS_SECRET", default="")
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[443, 8443])
# Networks of your own that webhooks may reach; all other private addresses are refused.
WEBHOOK_PRIVATE_NETWORKS = [
    ip_network(network) for network in env.list("WEBHOOK_PRIVATE_NETWORKS", default=[])
]
CA_FILE = env.str("CA_FILE", default="")  # further authorities to trust, such as your proxy's

# --- Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # patients and clinics carry their own zone

# --- Celery (backend/celery.py reads CELERY_*) -------------------------------------------------

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,  # seconds: longer than any task may take
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 15,
    # After a worker's death the broker looks for what it held every 5 seconds.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None

CELERY_TASK_DEFAULT_QUEUE = "routine"
# The database says what is to be done: a lost or repeated message has no effect.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Without a broker the dispatcher must notice at once and do the work itself.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 15
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # kB
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# How often a worker checks that it executes tasks; six failures in a row end it.
WORKER_PULSE_SECONDS = env.float("WORKER_PULSE_SECONDS", default=15.0)

# --- Monitoring ----------------------------------------------------------------------------

# Called each minute while the system is healthy; the service there raises an alarm on silence.
HEARTBEAT_URL = env.str("HEARTBEAT_URL", default="")
# The bearer token for /metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Logs ----------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.logs.JsonFormatter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        }
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It logs whole paths; backend.middleware logs routes.
        "django.server": {"handlers": [], "level": "ERROR", "propagate": False},
        "django.request": {"level": "CRITICAL"},
        # Below this level they log headers and addresses, whatever LOG_LEVEL is.
        **{name: {"level": "WARNING"} for name in ("httpcore", "hpack", "urllib3")},
    },
}
