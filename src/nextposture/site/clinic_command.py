"""`nextposture clinic`: a clinic's server. What it needs comes from environment variables
(`site/clinic_settings.py`); in front of it stands the clinic's own HTTPS proxy.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, TextIO

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
    parser.add_argument("action", nargs="?", choices=("serve", "work", "manage"), default="serve")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, help="with manage: Django's command and its options"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8650, help="port to listen on (default 8650)")
    parser.add_argument(
        "--no-tasks", action="store_true", help="leave tasks to processes of `nextposture clinic work`"
    )
    parser.add_argument("--workers", type=int, default=1, help="web processes; more than one needs Redis")


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Serve, work on tasks, or run one of Django's commands. 2 with one line where the settings do not do."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if not ready(sys.stderr):
        return 2
    from django.core.management import call_command, execute_from_command_line

    if args.action == "manage":
        execute_from_command_line(["nextposture clinic manage", *args.rest])
        return 0

    from django.conf import settings

    from nextposture.clinic.work import LeasedWorker
    from nextposture.site import static_files

    if args.action == "work":
        print("Working on tasks. Ctrl-C ends it after the one at hand.", file=out, flush=True)
        LeasedWorker().in_process()
        return 0

    if args.workers > 1 and not settings.REDIS:
        print(
            "Several workers need Redis, so that they hear of each other: set NEXTPOSTURE_REDIS.",
            file=sys.stderr,
        )
        return 2
    call_command("migrate", interactive=False, verbosity=0)
    static_files.make_ready()
    if args.workers == 1 and not args.no_tasks:
        LeasedWorker().start()
    import uvicorn

    from nextposture.knowledge.calls import calls_table

    print(
        f"The clinic's server answers on {args.host}:{args.port} for {settings.ORIGIN}", file=out, flush=True
    )
    uvicorn.run(
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
    return 0


def ready(problems: TextIO) -> bool:
    """Whether Django can start with these settings; if not, one line says what to change."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        import django

        django.setup()
    except ImproperlyConfigured as problem:
        print(problem, file=problems)
        return False
    except ModuleNotFoundError as missing:
        print(
            f"A clinic's server needs more: pip install 'nextposture[clinic]' ({missing.name})", file=problems
        )
        return False
    return True
