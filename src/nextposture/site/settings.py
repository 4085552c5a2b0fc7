"""Django settings, set by environment variables only.

NEXTPOSTURE_DATA        folder of the database and the secret key (default: the platform's data folder)
NEXTPOSTURE_PORT        port on 127.0.0.1 (default 8642)
NEXTPOSTURE_SECRET_KEY  overrides the key kept in the data folder
NEXTPOSTURE_DEBUG       1: Django's debug pages, static files straight from the source
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from csp.constants import NONE, SELF
from tzlocal import get_localzone_name

from nextposture.site import data_folder
from nextposture.site.headers import worker_policy
from nextposture.site.local import DEFAULT_PORT
from nextposture.site.private_log import LOGGING as LOGGING

SITE = Path(__file__).parent
LOCAL = True
"""Whether one person uses it on their own computer; `clinic_settings` is the other way."""
NAVIGATION = ""
"""Where a function gives the places of the main navigation for a request; empty: a person's own pages."""
DATA = Path(os.environ.get("NEXTPOSTURE_DATA") or data_folder.default()).resolve()
PORT = int(os.environ.get("NEXTPOSTURE_PORT", DEFAULT_PORT))
DEBUG = os.environ.get("NEXTPOSTURE_DEBUG") == "1"
SECRET_KEY = os.environ.get("NEXTPOSTURE_SECRET_KEY") or data_folder.secret_key(DATA)

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "nextposture.site.urls"
ASGI_APPLICATION = "nextposture.site.asgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "nextposture.site.apps.ServedFiles",
    "csp",
    "django_htmx",
    "nextposture.record",
    "nextposture.selfcare",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "nextposture.site.headers.private_pages",
    "nextposture.site.static_files.StaticFilesMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "nextposture.site.sign_in.OwnerOnly",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

# What was acknowledged must survive a killed process and a power cut: WAL with synchronous FULL syncs the log
# at every commit. IMMEDIATE takes the write lock when a transaction begins, so none fails half-way for want
# of it.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "nextposture.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Browsers send the cookies of one port on 127.0.0.1 to all others, so each data folder has its own name.
SESSION_COOKIE_NAME = f"nextposture-{hashlib.sha256(str(DATA).encode()).hexdigest()[:12]}"
SESSION_COOKIE_AGE = 365 * 24 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Not "no-referrer": browsers then send `Origin: null` with our own forms.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# An upload is health data: it stays in memory and never becomes a temporary file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024

LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = get_localzone_name()

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [SITE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "nextposture.site.static_files.HashedFiles"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = worker_policy

if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    TEMPLATES[0]["APP_DIRS"] = False
    TEMPLATES[0]["OPTIONS"]["loaders"] = [  # type: ignore[index]
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
