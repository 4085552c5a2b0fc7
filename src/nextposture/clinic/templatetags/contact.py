"""How a person is called and reached."""

from __future__ import annotations

from django import template

from nextposture.clinic import contact

register = template.Library()
register.filter("called", contact.called)
register.filter("email_of", contact.email_of)
register.filter("has_installation", contact.has_installation)
