"""Counts without a person in them: how many wait, how many tasks and appointments stand, how calls go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, get_args

from django.core.cache import cache
from django.db.models import Count
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily

from nextposture.clinic.models import Appointment, Referral, WaitingPlace, WorkerSeen
from nextposture.clinic.referrals import OPEN
from nextposture.clinic.work import LEASE

CallEvent = Literal["started", "reconnected", "relayed", "direct", "by_phone", "ended"]


def count_call(event: CallEvent) -> None:
    """Count something that happened in a call; of which call, nowhere. All workers count into one cache."""
    # A cache that does not answer, or loses its counts, harms no call.
    with contextlib.suppress(Exception):
        cache.add(_key(event), 0, timeout=None)
        cache.incr(_key(event))


class _Calls:
    """What `count_call` counted, for Prometheus; it begins anew where the cache does."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The counts of now."""
        what = "Calls: both there, a page back again, a way found by relay or directly, on by phone, over"
        family = CounterMetricFamily("nextposture_calls", what, labels=["event"])
        for event in get_args(CallEvent):
            family.add_metric([event], cache.get(_key(event), 0))
        yield family


def _key(event: str) -> str:
    return f"metrics.calls.{event}"


def text(now: datetime) -> bytes:
    """The counts in Prometheus' text format, read from the database, so that every process tells the same."""
    registry = CollectorRegistry()

    def gauge(name: str, what: str, rows: dict[str, int], label: str) -> None:
        one = Gauge(f"nextposture_{name}", what, [label], registry=registry)
        for value, count in rows.items():
            one.labels(value).set(count)

    open_ones = Referral.objects.filter(status__in=OPEN)
    gauge("referrals", "Open referrals by urgency", _by(open_ones, "urgency"), "urgency")
    coming = Appointment.objects.filter(starts_at__gt=now)
    gauge("appointments", "Appointments to come by state", _by(coming, "status"), "status")
    gauge("tasks", "Tasks by state", _by(DBTaskResult.objects.all(), "status"), "status")
    for name, what, count in (
        ("waiting_list", "People on the waiting list", WaitingPlace.objects.filter(ended_at=None).count()),
        ("workers", "Task workers alive", WorkerSeen.objects.filter(at__gt=now - LEASE).count()),
    ):
        Gauge(f"nextposture_{name}", what, registry=registry).set(count)
    registry.register(_Calls())
    return generate_latest(registry)


def _by(rows, field: str) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))
