"""`nextposture demo-clinic`: fill an empty clinic's server with a made-up clinic to try."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from typing import Any, TextIO

from nextposture.site.clinic_command import SETTINGS, ready


def add_parser(subparsers: Any) -> None:
    """Add `nextposture demo-clinic`."""
    parser = subparsers.add_parser(
        "demo-clinic",
        help="fill an empty clinic's server with a made-up clinic to try",
        description="Fill an empty clinic's server with a small made-up clinic: staff, people, appointments.",
    )
    parser.add_argument("--people", type=int, default=40, help="how many people (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same people (default 1)")


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Make it and print how to get in. Exit code 2 with one line if it cannot be made."""
    if not 0 <= args.people <= 5000:
        print("--people is a number from 0 to 5000.", file=sys.stderr)
        return 2
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if not ready(sys.stderr):
        return 2
    from django.utils import timezone

    from nextposture.clinic import demo, schema

    schema.bring_up_to_date()
    try:
        made = demo.make(args.people, args.seed, timezone.now(), secrets.token_urlsafe(12))
    except demo.NotEmptyError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{made.clinic.name}: {made.people} people. Everybody's password: {made.password}", file=out)
    for name, email, secret in made.staff:
        print(f"{name}: {email}, secret for an authenticator app: {secret}", file=out)
    if made.person:
        print(f"One of the people: {made.person}", file=out)
    print("Start it with `nextposture clinic`.", file=out)
    return 0
