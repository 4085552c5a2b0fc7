"""The port for a phone: one page, one reading, one browser, and nothing else; closed afterwards."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509

from nextposture.knowledge.phone import phone_table
from nextposture.phone import addresses
from nextposture.phone.certificate import certificate_for
from nextposture.phone.door import Door, Page, ReadingRefusedError
from nextposture.phone.pairing import CannotPairError, Pairing

LIMITS = phone_table().pairing
NOW = datetime.now(UTC)
PAGE = Page(b"<!doctype html><title>phone</title>", "default-src 'none'")
READING = {"key": "k", "goes": []}


class Opened:
    """An open pairing at this computer itself, and what came through it."""

    def __init__(self, **limits: Any) -> None:
        self.kept: list[dict[str, Any]] = []
        self.pairing = Pairing("127.0.0.1", PAGE, self.take, replace(LIMITS, **limits), NOW)
        self.origin, _, self.token = self.pairing.link.rpartition("/")
        self.phone = self.browser()

    async def take(self, reading: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        if reading.get("wrong"):
            raise ReadingRefusedError("Say which side.")
        self.kept.append(reading)

    def browser(self) -> httpx.Client:
        """A browser of its own: its own cookies."""
        return httpx.Client(base_url=self.origin, verify=False, trust_env=False, timeout=60)

    def send(self, browser: httpx.Client | None = None, **more: Any) -> httpx.Response:
        told: dict[str, Any] = {"json": READING, "headers": {"Origin": self.origin}, **more}
        return (browser or self.phone).post("/reading", **told)

    def end(self) -> None:
        """Close both ends."""
        self.phone.close()
        self.pairing.close(wait_s=10)

    def closes(self) -> bool:
        """Whether the port is gone soon, and nothing listens there."""
        self.pairing._thread.join(15)
        host, port = self.origin.removeprefix("https://").split(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=60)
        return not self.pairing.open


@pytest.fixture
def opened() -> Iterator[Opened]:
    opened = Opened()
    yield opened
    opened.end()


# ---- The way it is meant


def test_one_phone_loads_the_page_sends_once_and_the_port_closes(opened: Opened) -> None:
    assert opened.pairing.phase == "waiting"
    page = opened.phone.get(f"/{opened.token}")
    assert (page.status_code, page.content) == (200, PAGE.html)
    assert page.headers["content-security-policy"] == PAGE.policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "server" not in page.headers
    cookie = page.headers["set-cookie"]
    assert all(part in cookie for part in ("__Host-", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    assert opened.pairing.phase == "phone"
    assert opened.send().status_code == 200
    assert opened.kept == [READING]
    assert opened.closes()
    assert opened.pairing.phase == "done"


def test_the_same_phone_may_load_the_page_again(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    assert opened.phone.get(f"/{opened.token}").status_code == 200
    assert opened.send().status_code == 200


def test_a_reading_that_cannot_be_may_be_put_right(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    refused = opened.send(json={"wrong": True})
    assert (refused.status_code, refused.text) == (422, "Say which side.")
    assert opened.send().status_code == 200
    assert opened.kept == [READING]


def test_the_token_has_128_bits_and_is_new_each_time(opened: Opened) -> None:
    other = Opened()
    other.end()
    assert len(opened.token) == 22  # 16 bytes, 6 bits a letter
    assert other.token != opened.token


# ---- What is refused


def test_a_wrong_token_and_every_other_address_give_nothing(opened: Opened) -> None:
    wrong = opened.token[:-1] + ("A" if opened.token[-1] != "A" else "B")
    paths = [
        "/",
        f"/{wrong}",
        "/é",
        "/static/x",
        "/reading",
        f"/{opened.token}/",
        f"/{opened.token}?x=1",
        "/../x",
    ]
    for path in paths:
        assert opened.phone.get(path).status_code == 404, path
    assert opened.phone.request("HEAD", f"/{opened.token}").status_code == 404
    assert opened.phone.request("PUT", "/reading").status_code == 404
    assert opened.phone.request("OPTIONS", "/reading").status_code == 404
    assert opened.pairing.phase == "waiting"


def test_a_second_browser_is_kept_out_even_with_the_token(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    second = opened.browser()
    refused = second.get(f"/{opened.token}")
    assert refused.status_code == 403
    assert "used already" in refused.text
    assert opened.send(second).status_code == 403
    for cookie in ("__Host-phone=guess", "__Host-phone=", "=;=;", '__Host-phone="é"'):
        headers = {"Origin": opened.origin, "Cookie": cookie.encode()}
        assert opened.send(second, headers=headers).status_code == 403
    assert opened.kept == []
    assert opened.send().status_code == 200


def test_without_the_page_nothing_is_taken(opened: Opened) -> None:
    assert opened.send().status_code == 403
    assert opened.kept == []


def test_a_reading_is_taken_once(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    bodies = []

    async def both() -> None:
        cookies = {"__Host-phone": opened.phone.cookies["__Host-phone"]}
        async with httpx.AsyncClient(
            base_url=opened.origin, verify=False, trust_env=False, cookies=cookies, timeout=60
        ) as replaying:
            asked = [
                replaying.post("/reading", json=READING, headers={"Origin": opened.origin}) for _ in range(4)
            ]
            for answer in await asyncio.gather(*asked, return_exceptions=True):
                bodies.append(answer.status_code if isinstance(answer, httpx.Response) else 0)

    asyncio.run(both())
    assert bodies.count(200) == 1
    assert set(bodies) <= {200, 409, 503, 0}  # taken already, or closing by then
    assert opened.kept == [READING]
    assert opened.closes()


def test_a_reading_sent_again_is_refused_before_the_port_is_closed() -> None:
    kept: list[dict[str, Any]] = []
    told: list[str] = []

    async def take(reading: dict[str, Any]) -> None:
        kept.append(reading)

    async def replay() -> list[int]:
        door = Door({"phone.test"}, PAGE, take, told.append, body_most=2048, requests_most=20)
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="https://phone.test") as phone:
            await phone.get(f"/{door.token}")
            origin = {"Origin": "https://phone.test"}
            return [
                (await phone.post("/reading", json=READING, headers=origin)).status_code for _ in range(2)
            ]

    assert asyncio.run(replay()) == [200, 409]
    assert (kept, told) == ([READING], ["phone", "done"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "localhost:1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_host_or_origin_is_refused(opened: Opened, headers: dict[str, str]) -> None:
    assert opened.phone.get(f"/{opened.token}", headers=headers).status_code == 403
    assert opened.pairing.phase == "waiting"
    opened.phone.get(f"/{opened.token}")
    assert opened.send(headers={"Origin": opened.origin, **headers}).status_code == 403
    assert opened.kept == []


def test_a_post_must_name_our_own_origin(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    assert opened.send(headers={}).status_code == 403
    twice = [("Origin", opened.origin), ("Origin", "https://evil.example")]
    assert opened.send(headers=twice).status_code == 400
    assert opened.kept == []


def test_too_long_a_body_is_not_read(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    long = json.dumps({"goes": "x" * LIMITS.body_most})
    kind = {"Origin": opened.origin, "Content-Type": "application/json"}
    assert opened.send(json=None, content=long, headers=kind).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 1000

    assert opened.send(json=None, content=pieces(), headers=kind).status_code == 413
    assert opened.kept == []
    assert opened.send().status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 2000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"key=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_is_no_reading_is_refused(opened: Opened, body: bytes, kind: str, status: int) -> None:
    opened.phone.get(f"/{opened.token}")
    headers = {"Origin": opened.origin, "Content-Type": kind}
    assert opened.send(json=None, content=body, headers=headers).status_code == status
    assert opened.kept == []


def test_no_websocket_and_no_plain_connection(opened: Opened) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert opened.phone.get("/reading", headers=upgrade).status_code == 404
    host, port = opened.origin.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        plain.settimeout(5)
        try:
            answer = plain.recv(100)
        except ConnectionResetError:
            answer = b""
    assert b"HTTP" not in answer


# ---- When it closes


def test_it_closes_when_it_is_told_to(opened: Opened) -> None:
    opened.phone.get(f"/{opened.token}")
    opened.pairing.close()
    assert opened.closes()
    assert opened.pairing.phase == "closed"
    assert opened.kept == []


def test_it_closes_by_itself_after_its_time() -> None:
    opened = Opened(open_s=1)
    assert opened.closes()
    assert opened.pairing.phase == "closed"
    assert opened.pairing.closes_at == NOW + timedelta(seconds=1)


def test_it_closes_after_more_requests_than_one_phone_needs() -> None:
    opened = Opened(requests_most=5)
    answers = [opened.phone.get("/guess").status_code for _ in range(6)]
    assert answers == [404] * 5 + [429]
    assert opened.closes()


def test_it_closes_though_a_connection_hangs_on(opened: Opened) -> None:
    host, port = opened.origin.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=60):
        opened.pairing.close()
        assert opened.closes()


def test_it_listens_at_the_one_address_it_was_given(opened: Opened) -> None:
    assert opened.pairing._listener.getsockname()[0] == "127.0.0.1"


def test_an_address_that_is_not_ours_is_refused_in_words() -> None:
    async def never(_: dict[str, Any]) -> None:
        raise AssertionError

    with pytest.raises(CannotPairError, match=r"192\.0\.2\.1"):
        Pairing("192.0.2.1", PAGE, never, LIMITS, NOW)


# ---- The certificate


def test_the_certificate_is_for_the_address_and_short_lived() -> None:
    pem, key = certificate_for("192.168.1.5", NOW, LIMITS.certificate_days)
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.5"]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    spent = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(0) < spent <= timedelta(days=90)
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    assert b"PRIVATE KEY" in key
    with pytest.raises(ValueError, match="phone"):
        certificate_for("phone.local", NOW, 1)


def test_a_browser_that_trusts_the_certificate_finds_it_in_order(opened: Opened) -> None:
    host, port = opened.origin.removeprefix("https://").split(":")
    pem = ssl.get_server_certificate((host, int(port)))
    trusting = ssl.create_default_context(cadata=pem)
    with httpx.Client(base_url=opened.origin, verify=trusting, trust_env=False, timeout=60) as phone:
        assert phone.get(f"/{opened.token}").status_code == 200


def test_nothing_of_the_key_stays_on_disk(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened = Opened()
    assert list(tmp_path.iterdir()) == []
    assert opened.phone.get(f"/{opened.token}").status_code == 200
    opened.end()


# ---- Addresses


def test_only_addresses_of_private_networks_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = iter(["192.168.1.5", "192.168.1.5", "8.8.8.8"])
    monkeypatch.setattr(addresses, "_own_address_towards", lambda host: next(routes))
    named = [(0, 0, 0, "", (one, 0)) for one in ("127.0.1.1", "169.254.3.4", "10.0.0.7", "0.0.0.0")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: named)
    assert addresses.local_addresses() == ("192.168.1.5", "10.0.0.7")


def test_without_a_network_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(addresses, "_own_address_towards", lambda host: None)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert addresses.local_addresses() == ()
