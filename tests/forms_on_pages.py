"""Find every page that links lead to and every form on them, as a browser without script would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

FREE_TEXT = {"text", "search", "number", "textarea"}
MOST_PAGES = 60


@dataclass
class Form:
    """A form: where it sends, how, and each field's kind and the values that it offers."""

    action: str
    method: str
    fields: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, set[str](), list[Form]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.add(urljoin(self.address, told.get("href", "")).partition("#")[0])
        elif tag == "form":
            action = urljoin(self.address, told.get("action", ""))
            self.forms.append(Form(action, told.get("method", "get").upper()))
        elif tag in {"input", "textarea", "select", "button"} and "name" in told and self.forms:
            kind = told.get("type", "text") if tag == "input" else tag
            _, offered = self.forms[-1].fields.setdefault(told["name"], (kind, []))
            offered.append(told.get("value", ""))


def walk(browser: httpx.Client, origin: str, waiting: list[str]) -> Iterator[list[Form]]:
    """The forms of each page in `waiting` and of each own page that links lead to, without a query.

    The caller may add addresses to `waiting` as it goes, for example where a form led.
    """
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = urljoin(origin, waiting.pop(0))
        if address in seen or urlsplit(address).query or urlsplit(address).netloc != urlsplit(origin).netloc:
            continue
        seen.add(address)
        answer = browser.get(address, follow_redirects=True)
        if "text/html" in answer.headers.get("content-type", ""):
            page = _Page(str(answer.url))
            page.feed(answer.text)
            yield page.forms
            waiting += sorted(page.links)


def send(browser: httpx.Client, form: Form, answer: Callable[[str, list[str]], str]) -> httpx.Response:
    """Send `form` with `answer(kind, offered)` in each field but the hidden ones, which keep their value."""
    data = {
        name: offered[0] if kind == "hidden" else answer(kind, offered)
        for name, (kind, offered) in form.fields.items()
    }
    how = {"params": data} if form.method == "GET" else {"data": data}
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(form.action))
    return browser.request(form.method, form.action, headers={"Origin": origin}, **how)
