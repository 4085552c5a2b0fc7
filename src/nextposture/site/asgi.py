"""The server's application: Django, and in local mode the guard in front of it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
django = get_asgi_application()

from django.conf import settings  # noqa: E402

from nextposture.site.loopback_guard import LoopbackGuard  # noqa: E402

application = LoopbackGuard(django, settings.PORT) if settings.LOCAL else django
