"""The companion's local API, for the command line, the app and own scripts; see docs/companion.md.

Only this computer can reach it, and only who can read the data folder knows its token. The page behind a
prompt has a token of its own, good for answering that one prompt.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, get_args

from nextposture.companion import web
from nextposture.companion.page import page
from nextposture.companion.web import RefusalError, Reply, Request, as_json
from nextposture.sitting.bouts import Answer
from nextposture.sitting.events import Absence, Answered, Asked, GotUp, Paused, Took
from nextposture.sitting.rules import Posture
from nextposture.sitting.scheduler import WAITS_CAPPED
from nextposture.sitting.words import idea, now, why

if TYPE_CHECKING:
    from nextposture.companion.daemon import Companion

NO_PROMPT = 0
"""The number of the page that only says what goes on; prompts are numbered from 1."""
LONGEST_PAUSE_S = 7 * 24 * 3600.0


class Api:
    """Answers requests about one companion. `port` is set once it listens."""

    def __init__(self, companion: Companion, token: str) -> None:
        self._companion = companion
        self.token = token
        self.port = 0

    def page_token(self, number: int) -> str:
        """What opens the page of the prompt with this number, and nothing else."""
        return hmac.new(self.token.encode(), b"prompt %d" % number, hashlib.sha256).hexdigest()

    def page_address(self, number: int) -> str:
        """The address of the page behind a prompt."""
        return f"http://127.0.0.1:{self.port}/prompt?number={number}&token={self.page_token(number)}"

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        own = (f"127.0.0.1:{self.port}", f"localhost:{self.port}")
        origin = request.headers.get("origin")
        if request.headers.get("host") not in own or origin not in (
            None,
            *(f"http://{host}" for host in own),
        ):
            raise RefusalError(403, "Only programs and pages of this computer are answered.")
        if request.path == "/prompt":
            return await self._prompt(request)
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), self.token.encode()):
            raise RefusalError(403, "The token is missing or wrong.")
        return await self._api(request)

    async def _api(self, request: Request) -> Reply:
        companion = self._companion
        if request.path in ("/status", "/doctor"):
            if request.method != "GET":
                raise RefusalError(405, "Use GET.")
            return as_json(companion.status() if request.path == "/status" else await companion.doctor())
        if request.method != "POST":
            raise RefusalError(405 if request.path in PATHS else 404, "Use POST.")
        value = request.json()
        if not isinstance(value, dict):
            raise RefusalError(400, "Send a JSON object.")
        match request.path:
            case "/answer":
                await companion.tell(Answered(_number(value), _one_of(value, "answer", get_args(Answer))))
            case "/pause":
                await companion.tell(Paused(_seconds(value)))
            case "/now":
                await companion.tell(Asked(_one_of(value, "why", ("asked", "discomfort"), "asked")))
            case "/up":
                await companion.tell(GotUp())
            case "/posture":
                await companion.tell(Took(_one_of(value, "posture", get_args(Posture))))
            case "/driving":
                await companion.tell(Absence("driving", _truth(value, "driving")))
            case "/around":
                await companion.told_around(frozenset(_reasons(value)))
            case "/plan":
                companion.link.soon()
            case "/stop":
                companion.stop()
            case _:
                raise RefusalError(404, "There is nothing at this address.")
        return as_json(companion.status())

    async def _prompt(self, request: Request) -> Reply:
        sent = request.query if request.method == "GET" else request.form()
        number = sent.get("number", "")
        if not number.isdigit() or not hmac.compare_digest(
            sent.get("token", "").encode(), self.page_token(int(number)).encode()
        ):
            raise RefusalError(403, "This link opens nothing.")
        companion = self._companion
        if request.method == "POST":
            answer = sent.get("answer", "")
            if answer not in get_args(Answer):
                raise RefusalError(400, "There is no such answer.")
            await companion.tell(Answered(int(number), answer))  # type: ignore[arg-type]
        prompt = companion.state.prompt
        words = companion.words
        if int(number) == NO_PROMPT:
            return _html(page("Next Posture", now(words, companion.plan, companion.state)))
        if prompt is None or prompt.number != int(number) or companion.state.away is not None:
            return _html(page("Thank you", ["This break is settled. You can close this page."]))
        if prompt.snoozed_until is not None and prompt.snoozed_until > companion.state.t:
            return _html(page("Later", ["It comes back in a few minutes. You can close this page."]))
        return _html(
            page(
                idea(prompt),
                [why(words, companion.state, prompt)],
                picture=companion.picture(prompt),
                buttons=companion.buttons(prompt),
                hidden={"number": number, "token": sent["token"]},
            )
        )


PATHS = ("/answer", "/pause", "/now", "/up", "/posture", "/driving", "/around", "/plan", "/stop")


def _html(body: bytes) -> Reply:
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    # Without any referrer a browser sends the form from nowhere ("Origin: null"), which is refused.
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}
    return Reply(200, body, "text/html; charset=utf-8", headers)


def _number(value: dict[str, Any]) -> int:
    number = value.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise RefusalError(400, "number: say which prompt is answered, as /status tells.")
    return number


def _seconds(value: dict[str, Any]) -> float:
    seconds = value.get("seconds")
    if (
        not isinstance(seconds, int | float)
        or isinstance(seconds, bool)
        or not 0 <= seconds <= LONGEST_PAUSE_S
    ):
        raise RefusalError(400, "seconds: a number from 0 to 604800.")
    return float(seconds)


def _truth(value: dict[str, Any], name: str) -> bool:
    if not isinstance(value.get(name), bool):
        raise RefusalError(400, f"{name}: true or false.")
    return bool(value[name])


def _one_of(value: dict[str, Any], name: str, known: tuple[Any, ...], default: Any = None) -> Any:
    told = value.get(name, default)
    if told not in known:
        raise RefusalError(400, f"{name}: one of {', '.join(known)}.")
    return told


def _reasons(value: dict[str, Any]) -> list[str]:
    reasons = value.get("reasons")
    if not isinstance(reasons, list) or not set(map(str, reasons)) <= set(WAITS_CAPPED):
        raise RefusalError(400, f"reasons: a list of {', '.join(WAITS_CAPPED)}.")
    return [str(reason) for reason in reasons]


async def listen(api: Api) -> Any:
    """Start answering, and return the server."""
    server = await web.serve(api)
    api.port = server.sockets[0].getsockname()[1]
    return server
