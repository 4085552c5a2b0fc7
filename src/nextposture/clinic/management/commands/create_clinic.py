"""`nextposture clinic manage create_clinic NAME EMAIL`: a clinic, and who administers it first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from nextposture.clinic.models import Clinic, Membership


class Command(BaseCommand):
    help = "Make a clinic and invite its first administrator by email address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The clinic's name, and who administers it."""
        parser.add_argument("name", help="the clinic's name")
        parser.add_argument("email", help="address that the first administrator will sign up with")
        parser.add_argument("--person", default="", help="the administrator's name, as people see it")
        parser.add_argument("--treats", action="store_true", help="they see people as well")
        parser.add_argument("--time-zone", default="Europe/London", help="such as America/Toronto")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make both, or nothing."""
        email = options["email"].lower()
        clinic = Clinic(name=options["name"], time_zone=options["time_zone"])
        try:
            validate_email(email)
            clinic.full_clean()
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        with transaction.atomic():
            clinic.save()
            Membership.objects.create(
                clinic=clinic,
                email=email,
                name=options["person"] or email,
                treats=options["treats"],
                administers=True,
            )
        self.stdout.write(f"{clinic.name} is made. {email} joins it by signing up with that address.")
