"""The server's application: Django's pages and the WebSockets, behind the guard of each way of running."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from nextposture.selfcare.sockets import addresses as selfcare  # noqa: E402
from nextposture.site.loopback_guard import LoopbackGuard  # noqa: E402

if settings.LOCAL:
    sockets = AuthMiddlewareStack(URLRouter(selfcare))
    application = LoopbackGuard(ProtocolTypeRouter({"http": django, "websocket": sockets}), settings.PORT)
else:
    from nextposture.clinic.sockets import addresses as clinic

    sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([*selfcare, *clinic])))
    application = ProtocolTypeRouter({"http": django, "websocket": sockets})
