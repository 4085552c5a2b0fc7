"""`nextposture clinic manage erase_person WHO`: erase somebody's account at their wish."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from nextposture.clinic import erasing
from nextposture.record.models import Person


class Command(BaseCommand):
    """Erase a person's account and everything kept about them, also where a clinic has treated them."""

    help = "Erase a person's account with all that is kept about them. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who: the address they sign in with, or the name that an installation has on the page *Codes*."""
        parser.add_argument("who", help="their email address; of who joined with a code, installation-…")
        parser.add_argument("--yes", action="store_true", help="needed: it cannot be undone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or say why not."""
        who = options["who"].strip()
        if not who:  # who joined with a code has no address: an empty one would be theirs
            raise CommandError("Say whom: an email address, or the installation-… of who joined with a code.")
        joined = Q(installations__isnull=False, user__username=who)
        person = Person.objects.filter(Q(user__email__iexact=who) | joined).first()
        if person is None:
            raise CommandError(f"Nobody with a record here signs in or has joined as {who}.")
        if not options["yes"]:
            clinics = ", ".join(clinic.name for clinic in erasing.treated_at(person))
            raise CommandError(
                (f"{clinics} has treated them: keep what the law asks for first. " if clinics else "")
                + "Add --yes to erase everything. It cannot be undone."
            )
        erasing.erase(person)
        self.stdout.write("Erased.")
