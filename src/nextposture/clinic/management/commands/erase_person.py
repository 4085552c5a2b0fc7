"""`nextposture clinic manage erase_person EMAIL`: erase somebody's account at their wish."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nextposture.clinic import erasing
from nextposture.record.models import Person


class Command(BaseCommand):
    """Erase a person's account and everything kept about them, also where a clinic has treated them."""

    help = "Erase a person's account with all that is kept about them. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """The address they sign in with."""
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="needed: it cannot be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or say why not."""
        person = Person.objects.filter(user__email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody with a record here signs in as {options['email']}.")
        if not options["yes"]:
            clinics = ", ".join(clinic.name for clinic in erasing.treated_at(person))
            raise CommandError(
                (f"{clinics} has treated them: keep what the law asks for first. " if clinics else "")
                + "Add --yes to erase everything. It cannot be undone."
            )
        erasing.erase(person)
        self.stdout.write("Erased.")
