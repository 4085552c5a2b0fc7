"""Django settings of the test run: the site's own, over a data folder that is thrown away."""

import os
import tempfile

_folder = tempfile.TemporaryDirectory(prefix="nextposture-tests-")
os.environ["NEXTPOSTURE_DATA"] = _folder.name
os.environ["NEXTPOSTURE_SECRET_KEY"] = "only-for-tests"

from nextposture.site.settings import *  # noqa: F403

# Pages are rendered without the hashed names that a starting server makes; the live server has them.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405

MIDDLEWARE.remove("nextposture.site.static_files.StaticFilesMiddleware")  # noqa: F405
