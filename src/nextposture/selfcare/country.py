"""Which country's emergency numbers to show: the person's own choice, or a guess that says it is one."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

COOKIE = "country"
ELSEWHERE = "other"

# Languages nearly all of whose speakers live in one country. Others, such as English or German, tell nothing
# without a region.
_HOMES = {"da": "DK", "fi": "FI", "it": "IT", "ja": "JP", "ko": "KR", "nb": "NO", "nn": "NO", "pl": "PL"}


def chosen(request: HttpRequest, known: Collection[str]) -> str | None:
    """The country chosen now or earlier in this browser: a code, ELSEWHERE, or None if never chosen."""
    asked = request.GET.get(COOKIE, request.COOKIES.get(COOKIE))
    return asked if asked == ELSEWHERE or asked in known else None


def guessed(request: HttpRequest, known: Collection[str]) -> str | None:
    """The first country that the browser's languages point to, or None."""
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        language, _, region = tag.partition("-")
        for code in (region.upper(), _HOMES.get(language, "")):
            if code in known:
                return code
    return None
