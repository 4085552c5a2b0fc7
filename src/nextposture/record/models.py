"""The record's tables."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Person(models.Model):
    """Someone about whom a record is kept. In local mode there is one: the owner."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    created_at = models.DateTimeField(auto_now_add=True)
