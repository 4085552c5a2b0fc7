"""Headers that limit what a browser may do with a page of ours."""

from __future__ import annotations

import httpx
import pytest
from tests.live_server import LiveServer


@pytest.mark.parametrize("path", ["/", "/no-such-page"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_page_carries_them(standing_app: LiveServer, path: str, signed_in: bool) -> None:
    with (
        standing_app.sign_in()
        if signed_in
        else httpx.Client(base_url=standing_app.origin, timeout=60) as browser
    ):
        headers = browser.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers


def test_static_files_are_kept_for_ever_and_compressed(standing_app: LiveServer) -> None:
    with standing_app.sign_in() as browser:
        href = browser.get("/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        answer = browser.get(href)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert "access-control-allow-origin" not in answer.headers
