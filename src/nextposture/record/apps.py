"""The Django app that keeps the record."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """Label `record`."""

    name = "nextposture.record"
