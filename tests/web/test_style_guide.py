"""The style guide shows every component as it is; it is not part of the app that people get."""

import re

from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from nextposture.selfcare.views.style_guide import show


def test_every_component_is_shown_within_the_content_policy(db: None) -> None:
    request = RequestFactory(headers={"accept-language": "en-GB"}).get("/style-guide/")
    request.user = AnonymousUser()
    page = show(request).content.decode()
    for part in (
        "segmented",
        "scale",
        "reading",
        "dose",
        "grade",
        "for-and-against",
        "chart",
        "steps",
        "facts",
    ):
        assert re.search(rf'class="[^"]*\b{part}\b', page), part
    assert not re.search(r"<[^>]+\bstyle=", page)
    assert not re.search(r"<script>|\bon[a-z]+=", page)


def test_page_is_not_served_to_people(owner_client: Client) -> None:
    assert owner_client.get("/style-guide/").status_code == 404
