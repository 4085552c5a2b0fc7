"""Settings of a clinic's server: the site's own, with accounts, set by environment variables only.

NEXTPOSTURE_DATA         folder of the SQLite database and of static files (default: the account's own)
NEXTPOSTURE_SECRET_KEY   required, and the same for every process
NEXTPOSTURE_ORIGIN       required: how people reach it, https://clinic.example; http only for 127.0.0.1
NEXTPOSTURE_DATABASE     postgresql://USER:PASSWORD@HOST:PORT/NAME (default: SQLite in NEXTPOSTURE_DATA)
NEXTPOSTURE_REDIS        redis://HOST:PORT/0, for several web workers (default: within one process)
NEXTPOSTURE_EMAIL        smtp://USER:PASSWORD@HOST:PORT, smtp+tls:// or smtps:// (default: printed)
NEXTPOSTURE_EMAIL_FROM   the sender's address
NEXTPOSTURE_TURN         turn:HOST:PORT addresses of the relay for calls, separated by spaces
NEXTPOSTURE_TURN_SECRET  the secret shared with the relay
NEXTPOSTURE_TURN_ONLY    1: calls go through the relay only, so that neither side learns the other's address
NEXTPOSTURE_METRICS_TOKEN  who asks /metrics must send it as a bearer token (default: no metrics)
NEXTPOSTURE_PROXIES      how many reverse proxies stand in front and set X-Forwarded-For (default 1)
"""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from nextposture.site.settings import *  # noqa: F403
from nextposture.site.settings import (
    CONTENT_SECURITY_POLICY,
    DATABASES,
    INSTALLED_APPS,
    MIDDLEWARE,
    TEMPLATES,
)


def _required(name: str, what: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"A clinic's server needs {name}: {what}.")
    return value


LOCAL = False
SECRET_KEY = _required("NEXTPOSTURE_SECRET_KEY", "a long random text, the same for every process")
ORIGIN = _required("NEXTPOSTURE_ORIGIN", "how people reach it, such as https://clinic.example").rstrip("/")
_origin = urlsplit(ORIGIN)
HTTPS = _origin.scheme == "https"
if not HTTPS and _origin.hostname not in {"127.0.0.1", "localhost"}:
    raise ImproperlyConfigured("NEXTPOSTURE_ORIGIN must begin with https:// (http only for 127.0.0.1).")
HOST = _origin.hostname or ""
ALLOWED_HOSTS = [HOST]
CSRF_TRUSTED_ORIGINS = [ORIGIN]
ROOT_URLCONF = "nextposture.site.clinic_urls"

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.messages",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "oauth2_provider",
    "django_tasks",
    "django_tasks_db",
    "simple_history",
    "nextposture.clinic",
]
_local_gate = MIDDLEWARE.index("nextposture.site.sign_in.OwnerOnly")
MIDDLEWARE = [
    "nextposture.clinic.views.health.asked_by_address",
    *MIDDLEWARE[:_local_gate],
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "nextposture.clinic.session_list.session_list",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "nextposture.clinic.second_factor.SecondFactorForStaff",
    "nextposture.clinic.joined.entry.CallOnly",
    "nextposture.clinic.zone.users_zone",
    "simple_history.middleware.HistoryRequestMiddleware",
    *MIDDLEWARE[_local_gate + 1 :],
]
TEMPLATES = [
    {
        **TEMPLATES[0],
        "OPTIONS": {
            **TEMPLATES[0]["OPTIONS"],  # type: ignore[dict-item]
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "nextposture.clinic.zone.tell_zone",
            ],
        },
    }
]
NAVIGATION = "nextposture.clinic.navigation.places"

# ---- Where things are kept

if _database := os.environ.get("NEXTPOSTURE_DATABASE"):
    _parts = urlsplit(_database)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(_parts.path.lstrip("/")),
            "USER": unquote(_parts.username or ""),
            "PASSWORD": unquote(_parts.password or ""),
            # A socket's folder as ?host=/folder, as libpq's own addresses have it.
            "HOST": _parts.query.removeprefix("host=") if _parts.query else _parts.hostname or "",
            "PORT": str(_parts.port or ""),
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}},
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }
    }
REDIS = os.environ.get("NEXTPOSTURE_REDIS", "")
if REDIS:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS}}

if _mail := os.environ.get("NEXTPOSTURE_EMAIL"):
    _parts = urlsplit(_mail)
    EMAIL_HOST, EMAIL_PORT = _parts.hostname or "", _parts.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_parts.username or ""), unquote(_parts.password or "")
    EMAIL_USE_TLS, EMAIL_USE_SSL = _parts.scheme == "smtp+tls", _parts.scheme == "smtps"
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("NEXTPOSTURE_EMAIL_FROM") or f"nextposture@{HOST}"

METRICS_TOKEN = os.environ.get("NEXTPOSTURE_METRICS_TOKEN", "")

FHIR_KINDS = (
    *("Appointment", "AuditEvent", "CarePlan", "Communication", "Consent", "Device", "Flag", "Goal"),
    *("Observation", "Organization", "Patient", "Practitioner", "Provenance", "Questionnaire"),
    *("QuestionnaireResponse", "Schedule", "ServiceRequest", "Slot"),
)

TURN = os.environ.get("NEXTPOSTURE_TURN", "").split()
TURN_SECRET = os.environ.get("NEXTPOSTURE_TURN_SECRET", "")
TURN_ONLY = os.environ.get("NEXTPOSTURE_TURN_ONLY") == "1"

CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 500}}
}
if REDIS:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS], "capacity": 500, "symmetric_encryption_keys": [SECRET_KEY]},
    }

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# ---- Who gets in

# Each session holds this path: under another one everybody would be signed out.
AUTHENTICATION_BACKENDS = [
    "nextposture.clinic.accounts.Users",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account"
ACCOUNT_ADAPTER = "nextposture.clinic.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _origin.scheme
ACCOUNT_PREVENT_ENUMERATION = True
# Besides allauth's own: tries of a joining code by address, and what one installation asks.
ACCOUNT_RATE_LIMITS = {"joining_code": "20/15m/ip", "installation": "400/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("NEXTPOSTURE_PROXIES") or 1) if HTTPS else 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = "Next Posture"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = True

OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "nextposture.clinic.oauth.Validator",
    "SCOPES": {
        "launch/patient": "Know that the record is yours",
        "patient/*.read": "Read your own record",
        "patient/*.write": "Add to your own record",
        "user/*.read": "Read what people let your clinic see",
        "user/*.write": "Write for people in your clinic's care",
        **{
            f"{level}/{kind}.{access}": f"{access.title()} {kind}"
            for level in ("patient", "user")
            for access in ("read", "write")
            for kind in FHIR_KINDS
        },
    },
    "PKCE_REQUIRED": True,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 3600,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"] if HTTPS else ["https", "http"],
}

# ---- The browser's side

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else f"nextposture-{_origin.port or 80}"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
SESSION_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = False  # the proxy's work; behind it every request looks like plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        # allauth draws the code for an authenticator app as a data address.
        "img-src": ["'self'", "data:"],
    }
}
TIME_ZONE = "UTC"
