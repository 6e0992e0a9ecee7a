"""Applications, middleware, templates, database and files."""

import sys

from django.conf.locale import LANG_INFO

from fitbalance import __version__
from fitbalance.one_site import LOCK
from fitbalance.settings.env import BASE_DIR, MODE, PRODUCTION, TESTING, VAR_DIR, env
from fitbalance.static_files import is_packed

DEBUG = env.bool("FITBALANCE_DEBUG", False)
ENVIRONMENT = MODE
DEMO_MODE = env.bool("FITBALANCE_DEMO", not PRODUCTION)
"""Demo logins and demo data; off in production unless asked for."""
VERSION = __version__

INSTALLED_APPS = [
    *(["daphne"] if "runserver" in sys.argv else []),  # only that command is replaced by it; loading it takes a second
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_rq",
    "web.apps.WebConfig",
    "accounts.apps.AccountsConfig",
    "mlops.apps.MlopsConfig",
    "sessions.apps.WorkoutsConfig",
    "burnout.apps.BurnoutConfig",
    "nutrition.apps.NutritionConfig",
    "coaching.apps.CoachingConfig",
    "speech.apps.SpeechConfig",
]

MIDDLEWARE = [
    "web.middleware.RequestIdMiddleware",
    "web.middleware.HealthMiddleware",
    "web.middleware.PageGZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.UnitsMiddleware",
]

ROOT_URLCONF = "fitbalance.urls"
ASGI_APPLICATION = "fitbalance.asgi.application"

TEMPLATES = [
    {
        "NAME": "django",
        "BACKEND": "web.template_backend.Templates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "web.context.site",
            ]
        },
    }
]

if env.str("DATABASE_URL", ""):
    DATABASES = {"default": env.db("DATABASE_URL")}
    DATABASES["default"]["CONN_MAX_AGE"] = 60
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "fitbalance.sqlite3",
            # Opening a connection costs more than a short transaction: the writer of live streams commits 20 a second.
            "CONN_MAX_AGE": 0 if TESTING else 60,
            # Measured: DEFERRED locks 81 % of concurrent writes, IMMEDIATE none.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # Of 128 that Python keeps for each thread: long ones (a thousand keys) take megabytes.
                "cached_statements": 16,
                # secure_delete: what is erased is overwritten, not only unlinked from its page.
                # wal_autocheckpoint: live frames change the same pages again and again; copied back eight times as
                # seldom, a frame costs half. cache_size: a small cache for each thread; the system keeps pages, too.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; "
                "PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-512;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # In the database, so that login limits hold across processes and a lost Redis.
    "default": {
        "BACKEND": "web.steady_cache.SteadyCache",
        "LOCATION": "web_cache",
        # Of 300, Django's default, a flood of made-up names would push out the limits of real ones.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("tw", "Twi")]
LANG_INFO["tw"] = {"bidi": False, "code": "tw", "name": "Twi", "name_local": "Twi"}
LOCALE_PATHS = [BASE_DIR / "web" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = ["web.formats"]
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not is_packed(STATIC_ROOT, BASE_DIR)
WHITENOISE_MAX_AGE = 0 if MODE == "development" else 600

SITE_LOCK = LOCK
"""File in VAR_DIR that everything which runs from it holds; a restore takes it alone."""
MEDIA_ROOT = VAR_DIR / "files"
"""Private files: served only by views that check access, never by a URL prefix."""

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
"""Without this, Django opens stored files to every user of the machine, whatever the umask."""
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

CHAMPIONS_DIR = BASE_DIR / "mlops" / "champions"
"""Small trained models kept in the repository, each with the command that made it."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "web.logs.RequestIdFilter"}},
    "formatters": {
        "line": {
            "()": "web.logs.SecretsFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": "WARNING" if TESTING else env.str("LOG_LEVEL", "INFO")},
    "loggers": {"django.channels.server": {"level": "WARNING"}, "daphne": {"level": "WARNING"}},
}
