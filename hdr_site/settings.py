"""Settings. Every value that an installation may change is read from the environment or ``.env``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from hdr_site.env import BASE_DIR, env, site_from

django_stubs_ext.monkeypatch()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SITE = site_from(env.str("SITE_URL", default="http://127.0.0.1:8000"))
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
# SQLite makes its file, but not the folder around it.
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# Over plain http this machine may always call itself by its loopback names.
ALLOWED_HOSTS = [SITE.host, *([] if SITE.secure else ["127.0.0.1", "localhost", "[::1]"])]
ALLOWED_HOSTS += env.list("EXTRA_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = [SITE.url]

INSTALLED_APPS = [
    "accounts",
    "recognizer",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "bootstrap",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "huey.contrib.djhuey",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hdr_site.compress.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "recognizer.views.errors.NumeralErrorMiddleware",
]

ROOT_URLCONF = "hdr_site.urls"
WSGI_APPLICATION = "hdr_site.wsgi.application"
ASGI_APPLICATION = "hdr_site.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hdr_site.context.numeral",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ["bootstrap5"]
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Rows, files, cache, queue ---------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at once, so a transaction never fails half-way for want of it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: what was answered with "stored" survives a power cut, as the synced file beside it does.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # In a file, as in life: the in-memory database of tests has table locks that the real one has not.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What every machine of an installation needs lies in FILES_DIR: on one machine in DATA_DIR, on several in a folder that
# all of them see.
FILES_DIR = Path(env.str("FILES_DIR", default=str(DATA_DIR))).resolve()
SHARES_FILES = FILES_DIR != DATA_DIR


def _files_under(folder: str) -> dict[str, Any]:
    return {
        "BACKEND": "hdr_site.storage.SyncedFileSystemStorage",
        "OPTIONS": {"location": str(FILES_DIR / folder), "base_url": None},
    }


STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "hdr_site.storage.SyncedFileSystemStorage"},
    "private": _files_under("private"),
    "shared": _files_under("shared"),
    "staticfiles": {"BACKEND": "hdr_site.storage.HashedStaticFilesStorage"},
}
MEDIA_ROOT = str(FILES_DIR / "private")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# In memory only: "nothing is kept" must hold for temporary files as well.
FILE_UPLOAD_HANDLERS = ["recognizer.uploads.BoundedMemoryUploadHandler"]
# A folder given in one request, by browsers without JavaScript; with it, files come one by one.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
HUEY: dict[str, Any] = (
    {"huey_class": "huey.RedisHuey", "name": "numeral", "url": REDIS_URL, "immediate": False}
    if REDIS_URL
    else {
        "huey_class": "huey.SqliteHuey",
        "name": "numeral",
        "filename": str(DATA_DIR / "queue.sqlite3"),
        "immediate": False,
    }
)

# --- Static files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- Accounts --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "recognizer:read"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# "optional": a laptop without a mail server can be used at once. A public installation says "mandatory".
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE.secure else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Numeral] "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Numeral <noreply@{SITE.host}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Security --------------------------------------------------------------------------------------------

SESSION_COOKIE_NAME = f"{SITE.cookie_prefix}sessionid"
CSRF_COOKIE_NAME = f"{SITE.cookie_prefix}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE.secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SITE.secure
SECURE_HSTS_SECONDS = 31_536_000 if SITE.secure else 0
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# One application cannot promise https for its sibling hosts, nor put their domain on the preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: the crops that a model saw, never written to a file; blob: the preview before upload.
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language, time, log ---------------------------------------------------------------------------------

# English is the language that the texts are written in; docs/translating.md says how to add another.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = f"{SITE.cookie_prefix}language"
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SECURE = SITE.secure
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # A 4xx is the visitor's matter and already answered in words; only our own faults are logged.
    "loggers": {"django.request": {"level": "ERROR"}, "huey": {"level": "WARNING"}},
}

# --- Reading ---------------------------------------------------------------------------------------------

MAX_UPLOAD_MEGABYTES = env.int("MAX_UPLOAD_MEGABYTES", default=25)
MAX_MEGAPIXELS = env.int("MAX_MEGAPIXELS", default=50)
MAX_JPEG_MEGAPIXELS = env.int("MAX_JPEG_MEGAPIXELS", default=100)
MAX_PAGES = env.int("MAX_PAGES", default=500)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
DECODER_PROCESSES = env.int("DECODER_PROCESSES", default=2)
DECODER_SECONDS = env.float("DECODER_SECONDS", default=15.0)
LIVE_READS_PER_MINUTE = env.int("LIVE_READS_PER_MINUTE", default=240)
UPLOADS_PER_MINUTE = env.int("UPLOADS_PER_MINUTE", default=120)
MAX_DOCUMENT_MEGABYTES = env.int("MAX_DOCUMENT_MEGABYTES", default=100)
MAX_ARCHIVE_MEGABYTES = env.int("MAX_ARCHIVE_MEGABYTES", default=500)
MAX_BATCH_FILES = env.int("MAX_BATCH_FILES", default=10_000)
MAX_BATCH_MEGABYTES = env.int("MAX_BATCH_MEGABYTES", default=2_000)
BATCH_FILES_PER_MINUTE = env.int("BATCH_FILES_PER_MINUTE", default=1_200)
# Pictures of a batch that are read at once; each core reads one.
BATCH_READERS = env.int("BATCH_READERS", default=os.cpu_count() or 1)
MAX_UNKEPT_FILES = env.int("MAX_UNKEPT_FILES", default=20)
SHIPPED_MODELS_DIR = BASE_DIR / "models"
TRAINED_MODELS_DIR = DATA_DIR / "models"
TRAINING_RUNS_DIR = DATA_DIR / "runs"
TRAINING_KEEP_DAYS = env.int("TRAINING_KEEP_DAYS", default=14)
CORRECTIONS_PER_PERSON = env.int("CORRECTIONS_PER_PERSON", default=500)
CORRECTIONS_SHARE_PER_PERSON = env.float("CORRECTIONS_SHARE_PER_PERSON", default=0.1)
MNIST_PATH = env.str("MNIST_PATH", default="")

# --- The gate: what speaks against activating a model; docs/gate.md says why ---------------------------------

GATE_MOST_ECE = env.float("GATE_MOST_ECE", default=0.02)
GATE_TIMES_SLOWER = env.float("GATE_TIMES_SLOWER", default=4.0)
GATE_QUICK_MS = env.float("GATE_QUICK_MS", default=1.0)
GATE_LEAST_CORRECTIONS = env.int("GATE_LEAST_CORRECTIONS", default=100)
