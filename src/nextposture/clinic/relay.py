"""Passwords for the relay of calls (TURN), which work for a short time and name nobody.

The scheme is the one that coturn calls `use-auth-secret` (draft-uberti-behave-turn-rest-00): the name is when
it ends, and the password is its HMAC-SHA1 under the secret that the relay knows too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings

from nextposture.knowledge.calls import calls_table


def password(secret: str, name: str) -> str:
    """What the relay takes for `name`, which begins with the second (since 1970) that it ends."""
    return base64.b64encode(hmac.digest(secret.encode(), name.encode(), hashlib.sha1)).decode()


def ice_servers(now: datetime) -> list[dict[str, object]]:
    """The relay as RTCPeerConnection takes it; empty where the clinic has set up none."""
    if not settings.TURN or not settings.TURN_SECRET:
        return []
    ends = now + timedelta(hours=calls_table().limits.relay_h)
    # Chance instead of an id: the relay's own log then says nothing of who called.
    name = f"{int(ends.timestamp())}:{secrets.token_hex(8)}"
    return [
        {"urls": settings.TURN, "username": name, "credential": password(settings.TURN_SECRET, name)},
    ]
