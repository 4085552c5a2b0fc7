"""`nextposture clinic`: a clinic's server. What it needs comes from environment variables
(`site/clinic_settings.py`); in front of it stands the clinic's own HTTPS proxy.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

from nextposture.site import data_folder

SETTINGS = "nextposture.site.clinic_settings"
KEEP_ALIVE_S = 75
HEALTH_S = 60


def add_parser(subparsers: Any) -> None:
    """Add `nextposture clinic`."""
    parser = subparsers.add_parser(
        "clinic",
        help="run a clinic's server: accounts, referrals, appointments, calls",
        description=(
            "Run a clinic's server. It is set up by environment variables; NEXTPOSTURE_SECRET_KEY and "
            "NEXTPOSTURE_ORIGIN are required. See docs/clinic.md."
        ),
    )
    _serving(parser, host="127.0.0.1", port=8650, no_tasks=False, no_migrate=False, workers=1)
    parser.set_defaults(action="serve")
    actions = parser.add_subparsers(title="what to do", metavar="ACTION")

    def action(name: str, what: str, **more: Any) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = actions.add_parser(
            name, help=what, description=f"{what[0].upper()}{what[1:]}.", **more
        )
        one.set_defaults(action=name)
        return one

    _serving(action("serve", "serve pages, the API and calls (what it does without an action)"))
    action("work", "work on tasks: emails, reminders, the waiting list")
    action("migrate", "bring the database up to date, while an older version goes on")
    manage = action("manage", "run one of Django's commands", add_help=False)
    manage.add_argument("rest", nargs=argparse.REMAINDER, help="Django's command and its options")
    backup = action("backup", "write the whole database to one file, while the server works on")
    backup.add_argument("file", metavar="FILE", help="a new file; - for standard output")
    restore = action("restore", "put a backup into an empty database")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--check", action="store_true", help="only read the file through; nothing is changed"
    )
    restore.add_argument(
        "--replace", action="store_true", help="erase what the database holds and put the backup in its place"
    )


def _serving(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    """The options of serving. Without defaults: those of `clinic` itself hold."""

    def option(flag: str, what: str, **more: Any) -> None:
        default = defaults.get(flag.strip("-").replace("-", "_"), argparse.SUPPRESS)
        parser.add_argument(flag, help=what, default=default, **more)

    option("--host", "address to listen on (default 127.0.0.1)")
    option("--port", "port to listen on (default 8650)", type=int)
    option("--workers", "web processes; more than one needs Redis", type=int)
    option("--no-tasks", "leave tasks to processes of `nextposture clinic work`", action="store_true")
    option(
        "--no-migrate",
        "leave the database as it is; not ready until `nextposture clinic migrate` ran",
        action="store_true",
    )


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Do what was asked. 2 with one line on stderr where the settings, the database or a file do not do."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if not ready(sys.stderr):
        return 2
    if args.action == "manage":
        from django.core.management import execute_from_command_line

        execute_from_command_line(["nextposture clinic manage", *args.rest])
        return 0

    from django.db import OperationalError

    from nextposture.clinic.backup import BackupError

    try:
        return _ACTIONS[args.action](args, out)
    except BackupError as problem:
        print(f"nextposture clinic {args.action}: {problem}", file=sys.stderr)
    except OperationalError as problem:
        first = str(problem).strip().partition("\n")[0]
        print(f"nextposture clinic {args.action}: the database does not answer: {first}", file=sys.stderr)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        print(f"nextposture clinic {args.action}: {where}{problem.strerror or problem}", file=sys.stderr)
    return 2


class Port:
    """Where to listen: a socket that becomes another one, on the same port, in each process it is handed to.

    Of one socket that all share, the worker that wakes first takes every connection that waits, and the
    others stay idle. Among sockets of their own the kernel deals connections out (SO_REUSEPORT).
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def __reduce__(self) -> tuple[Callable[[str, int], socket.socket], tuple[str, int]]:
        return listener, (self.host, self.port)


def listener(host: str, port: int) -> socket.socket:
    """A socket bound to the port beside those of other processes."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    return made


def _serve(args: argparse.Namespace, out: TextIO) -> int:
    from django.conf import settings

    from nextposture.clinic import schema
    from nextposture.clinic.work import LeasedWorker
    from nextposture.site import static_files

    if args.workers > 1 and not settings.REDIS:
        print(
            "Several workers need Redis, so that they hear of each other: set NEXTPOSTURE_REDIS.",
            file=sys.stderr,
        )
        return 2
    if not args.no_migrate:
        schema.bring_up_to_date()
    static_files.make_ready()
    if args.workers == 1 and not args.no_tasks:
        LeasedWorker().start()
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from nextposture.knowledge.calls import calls_table

    print(
        f"The clinic's server answers on {args.host}:{args.port} for {settings.ORIGIN}", file=out, flush=True
    )
    config = uvicorn.Config(
        "nextposture.site.asgi:application",
        host=args.host,
        port=args.port,
        workers=args.workers,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        # A proxy keeps idle connections for a minute: were ours shorter, it would send into a closed one.
        timeout_keep_alive=KEEP_ALIVE_S,
        # A worker that is busy is not dead; killed, it would take its requests with it.
        timeout_worker_healthcheck=HEALTH_S,
        ws_max_size=2 * calls_table().limits.text_bytes,
    )
    if args.workers == 1:
        uvicorn.Server(config).run()
    else:
        config.bind_socket().close()  # says so and ends if something else has the port
        Multiprocess(config, cast(list[socket.socket], [Port(args.host, args.port)])).run()
    return 0


def _work(args: argparse.Namespace, out: TextIO) -> int:
    from nextposture.clinic import schema
    from nextposture.clinic.work import LeasedWorker

    if not schema.is_current():
        print("Waiting until the database is brought up to date.", file=out, flush=True)
        while not schema.is_current():
            time.sleep(1)
    print("Working on tasks. Ctrl-C ends it after the one at hand.", file=out, flush=True)
    LeasedWorker().in_process()
    return 0


def _migrate(args: argparse.Namespace, out: TextIO) -> int:
    from nextposture.clinic import schema

    schema.bring_up_to_date()
    print("The database is up to date.", file=out)
    return 0


def _backup(args: argparse.Namespace, out: TextIO) -> int:
    from django.utils import timezone

    from nextposture.clinic import backup

    if args.file == "-":
        backup.write(sys.stdout.buffer, timezone.now())
        return 0
    made = backup.make(Path(args.file), timezone.now())
    print(
        f"Backed up {made.all_rows} rows to {args.file}. "
        "It holds health records and ways to sign in: keep it locked away.",
        file=out,
    )
    return 0


def _restore(args: argparse.Namespace, out: TextIO) -> int:
    from nextposture.clinic import backup

    if args.check:
        told = backup.check(args.file)
        print(f"{args.file} is whole: {_in_words(told)}. Nothing was changed.", file=out)
        return 0
    told = backup.restore(args.file, replace=args.replace)
    print(f"Restored {_in_words(told)}.", file=out)
    return 0


def _in_words(told: Any) -> str:
    return f"{told.all_rows} rows of {told.made_at:%Y-%m-%d %H:%M} UTC, made by Next Posture {told.software}"


_ACTIONS = {"serve": _serve, "work": _work, "migrate": _migrate, "backup": _backup, "restore": _restore}


def ready(problems: TextIO) -> bool:
    """Whether Django can start with these settings; if not, one line says what to change."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        import django

        django.setup()
        from django.conf import settings

        data_folder.prepare(settings.DATA)
    except (ImproperlyConfigured, OSError) as problem:
        print(problem, file=problems)
        return False
    except ModuleNotFoundError as missing:
        print(
            f"A clinic's server needs more: pip install 'nextposture[clinic]' ({missing.name})", file=problems
        )
        return False
    return True
