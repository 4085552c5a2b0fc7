"""Two people who have an appointment by video now, on a made-up clinic's server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.clinic_server.live_clinic import LiveClinic

PRACTITIONER, PERSON = "ines@harbour.example", "person1@harbour.example"


@dataclass(frozen=True)
class Meeting:
    """A server, and the two cookies that get into the call of one appointment."""

    server: LiveClinic
    uid: str
    person: dict[str, str]
    practitioner: dict[str, str]

    @property
    def address(self) -> str:
        """The call's page."""
        return f"/clinic/appointments/{self.uid}/call/"

    def told(self, script: str) -> str:
        """What a script prints that sees the appointment as `one`."""
        first = "from nextposture.clinic.models import *\nfrom nextposture.record.models import *\n"
        return self.server.run(script=f"{first}one = Appointment.objects.get(uid={self.uid!r})\n{script}")


def meeting(folder: Path, *arguments: str, **more: str) -> Meeting:
    """A demonstration clinic that serves, with a confirmed appointment by video that has just begun."""
    server = LiveClinic(folder, **more)
    made = server.run(
        script=f"""
from datetime import timedelta
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", interactive=False, verbosity=0)
from nextposture.clinic import demo
from nextposture.clinic.models import Appointment, Membership, Profile
demo.make(2, 1, timezone.now(), "correct horse battery")
person = User.objects.get(email={PERSON!r}).person
Profile.objects.filter(user=person.user).update(phone="020 7946 0123")
bo, now = Membership.objects.get(email={PRACTITIONER!r}), timezone.now().replace(microsecond=0)
print(Appointment.objects.create(person=person, clinic=bo.clinic, practitioner=bo, seen="telehealth",
    status="confirmed", starts_at=now, ends_at=now + timedelta(minutes=30), person_zone="Europe/Paris").uid)
print(settings.SESSION_COOKIE_NAME)
for user in (person.user, bo.user):
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    print(session.session_key)
"""
    )
    uid, name, *keys = made.split()
    server.serve(*arguments)
    return Meeting(server, uid, *({name: key} for key in keys))
