"""The server's application: the guard in front of Django's pages and of the one WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from nextposture.selfcare.sockets import addresses  # noqa: E402
from nextposture.site.loopback_guard import LoopbackGuard  # noqa: E402

sockets = AuthMiddlewareStack(URLRouter(addresses))
application = LoopbackGuard(ProtocolTypeRouter({"http": django, "websocket": sockets}), settings.PORT)
