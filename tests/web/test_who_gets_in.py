"""Deny by default: every address is closed to strangers unless it is on this list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from nextposture.record.models import Person
from nextposture.record.people import owner, person_of
from nextposture.selfcare.views import companion
from nextposture.site.sign_in import sign_in

# The companion's address asks for a token of its own instead: test_companion.py.
OPEN_TO_STRANGERS = {sign_in, companion.keep}


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def test_only_signing_in_is_open_to_strangers() -> None:
    views = [pattern.callback for pattern in patterns(get_resolver())]
    assert len(views) > 1
    assert {view for view in views if not getattr(view, "login_required", True)} == OPEN_TO_STRANGERS


@pytest.mark.django_db
def test_there_is_one_owner() -> None:
    assert owner() == owner()
    assert Person.objects.count() == 1
    assert not owner().user.has_usable_password()


@pytest.mark.django_db
def test_request_is_about_the_person_signed_in() -> None:
    request = RequestFactory().get("/")
    request.user = owner().user
    assert person_of(request) == owner()


@pytest.mark.django_db
def test_request_of_nobody_is_about_nobody() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        person_of(request)
    request.user = User.objects.create_user("without-record")
    with pytest.raises(PermissionDenied):
        person_of(request)


@pytest.mark.django_db
def test_page_is_refused_without_sign_in_and_given_with_it(owner_client: Client) -> None:
    assert Client().get("/").status_code == 403
    assert owner_client.get("/").status_code == 200
