"""`nextposture`: the app for one person, on their own computer.

Binds to 127.0.0.1 and nothing else; a phone that is to send its angle gets a port of its own for that long
(`nextposture.phone`). The first line printed is a link that signs the owner in once. A second
`nextposture` over the same data folder opens a new link to the server that runs already.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

from nextposture.companion import folder
from nextposture.site import data_folder, one_time_link

DEFAULT_PORT = 8642
LARGEST_MESSAGE = 4096
"""Bytes of a WebSocket message. The landmarks of a picture take 408."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of starting the app."""
    parser.add_argument("--no-browser", action="store_true", help="print the link, but do not open it")
    parser.add_argument(
        "--no-companion", action="store_true", help="do not start the companion that asks for breaks"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"port on this computer (default {DEFAULT_PORT}; 0: any)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder to keep your record in (default: your own data folder)",
    )


class CannotStartError(Exception):
    """Why the app cannot start; the message is one line that says what to change."""


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Serve until stopped, or open a new link to the server that serves this folder already.

    Returns the exit code: 2 with one line on stderr if it cannot start.
    """
    os.umask(0o077)
    data = (args.data or data_folder.default()).expanduser().resolve()
    try:
        with _claim(data) as ours:
            if not ours:
                _open_running(data, args, out)
                return 0
            _serve(data, args, out)
    except CannotStartError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass  # how it is stopped; the server may also end by itself on the signal
    print("\nStopped. Everything is saved.", file=out, flush=True)
    return 0


@contextmanager
def _claim(data: Path) -> Iterator[bool]:
    """Whether this process is now the only one that serves `data`; the claim ends with the block."""
    lock = FileLock(data / "server.lock", timeout=0)
    try:
        data_folder.prepare(data)
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise CannotStartError(
            f"Cannot keep a record in {data}: {error.strerror}. Choose another folder: --data DIR"
        ) from error
    try:
        yield True
    finally:
        lock.release()


def _serve(data: Path, args: argparse.Namespace, out: TextIO) -> None:
    port_file = data / folder.APP_PORT
    port_file.unlink(missing_ok=True)
    one_time_link.forget_all(data)
    with _listen(args.port) as listener:
        port = listener.getsockname()[1]
        os.environ["NEXTPOSTURE_DATA"] = str(data)
        os.environ["NEXTPOSTURE_PORT"] = str(port)
        _prepare_site(data)
        import uvicorn

        from nextposture.interop import backups
        from nextposture.interop.joined import in_step
        from nextposture.record.models import Person
        from nextposture.site.asgi import application

        server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=3,
                ws="websockets-sansio",
                ws_max_size=LARGEST_MESSAGE,
                ws_per_message_deflate=False,
            )
        )
        port_file.write_text(str(port))
        _offer(_link(data, port), args, out)
        companion = _companion(data, args)
        print("Next Posture is running, on this computer only. Ctrl-C stops it.", file=out)
        print(f"Your record is kept in {data}", file=out, flush=True)
        try:
            with backups.kept_up(data), in_step.kept_in_step(Person.objects.first):
                server.run(sockets=[listener])
        finally:
            port_file.unlink(missing_ok=True)
            if companion is not None:
                companion.terminate()


def _companion(data: Path, args: argparse.Namespace) -> subprocess.Popen[bytes] | None:
    """Tell a companion that runs of the app; without one, on a desktop, start one for as long as it runs."""
    from nextposture.companion.client import ask

    try:
        ask(data, "POST", "/plan", timeout_s=2)
    except OSError:
        if args.no_companion or not _has_desktop():
            return None
        command = [sys.executable, "-m", "nextposture", "--data", str(data), "companion"]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    return None


def _has_desktop() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _listen(port: int) -> socket.socket:
    """A socket listening on loopback. Raises CannotStartError if the port is taken."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, each page waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise CannotStartError(
            f"Port {port} is taken by another program. Choose another: --port {port + 1}"
        ) from error
    return listener


def _prepare_site(data: Path) -> None:
    """Bring the database and the static files up to date.

    Raises CannotStartError if the database cannot be used.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import DatabaseError

    django.setup()

    from nextposture.interop.erasing import EraseError, finish_erasing
    from nextposture.site import static_files

    try:
        call_command("migrate", interactive=False, verbosity=0)
        finish_erasing(data)
    except DatabaseError as error:
        raise CannotStartError(
            f"The record in {data} cannot be opened: {error}. Choose another folder: --data DIR"
        ) from error
    except EraseError as error:
        raise CannotStartError(str(error)) from error
    if not settings.DEBUG:
        static_files.make_ready()


def _open_running(data: Path, args: argparse.Namespace, out: TextIO) -> None:
    """A server has this folder already; as it may still be starting, wait a little until it answers.

    Until then the port may be that of one that was killed.
    """
    for _ in range(100):
        if (port := folder.app_port(data)) is not None:
            _offer(_link(data, port), args, out)
            print("Next Posture was running already: this is a new link to it.", file=out, flush=True)
            return
        time.sleep(0.2)
    raise CannotStartError(f"Another Next Posture uses {data} but does not answer. Stop it, then try again.")


def _link(data: Path, port: int) -> str:
    return f"http://127.0.0.1:{port}/sign-in?token={one_time_link.mint(data)}"


def _offer(link: str, args: argparse.Namespace, out: TextIO) -> None:
    print(link, file=out, flush=True)
    # Without a display, Python would open a text browser over this very terminal.
    if not args.no_browser and _has_desktop():
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()


def _port(text: str) -> int:
    port = int(text)
    if port != 0 and not 1024 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1024 to 65535, or 0 for any free one")
    return port
