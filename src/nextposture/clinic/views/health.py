"""For whoever runs the server: does it live, is it ready, how busy is it. Nothing of anybody's."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from nextposture.clinic import metrics, schema

UNAVAILABLE = 503
PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})


def asked_by_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: container engines, load balancers and Prometheus ask by address, not by our name."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path in PATHS:
            request.META["HTTP_HOST"] = settings.HOST
        return get_response(request)

    return answer


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anything else."""
    return JsonResponse({"live": True})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests can be served: the database answers and is migrated, the cache answers. 503 if not."""
    checks = {"database": _database(), "migrated": False, "cache": _cache()}
    checks["migrated"] = checks["database"] and schema.is_current()
    well = all(checks.values())
    return JsonResponse({"ready": well, **checks}, status=200 if well else UNAVAILABLE)


@login_not_required
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Counts for Prometheus, to who knows NEXTPOSTURE_METRICS_TOKEN (as a bearer token); 404 to others."""
    told = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(told.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(metrics.text(timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache() -> bool:
    try:
        cache.set("ready", "yes", 10)
        return bool(cache.get("ready") == "yes")
    except Exception:  # whatever a cache's client raises, it does not answer
        return False
