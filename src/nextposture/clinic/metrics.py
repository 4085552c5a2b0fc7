"""Counts without a person in them: how many wait, how many tasks, how many appointments stand."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from nextposture.clinic.models import Appointment, Referral, WaitingPlace, WorkerSeen
from nextposture.clinic.referrals import OPEN
from nextposture.clinic.work import LEASE


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
    return generate_latest(registry)


def _by(rows, field: str) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))
