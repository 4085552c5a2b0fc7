"""The `nextposture` command.

Without a sub-command it starts the app on this computer. Each sub-command is a module with
`add_parser(subparsers)` and `run(args, out) -> int`; such a module imports what is heavy only inside `run`,
so that `nextposture --help` stays quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TextIO

from nextposture import __version__
from nextposture.site import local

Run = Callable[[argparse.Namespace, TextIO], int]

SUBCOMMANDS = (
    "nextposture.check",
    "nextposture.data_commands",
    "nextposture.body.command",
    "nextposture.studies.command",
    "nextposture.pose.command",
    "nextposture.companion.command",
    "nextposture.site.clinic_command",
    "nextposture.site.demo_clinic_command",
)
"""Modules that each offer one sub-command or more."""


def main(argv: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="nextposture",
        description="For backs that hurt from sitting. Without a command, starts the app on this computer.",
    )
    parser.add_argument("--version", action="version", version=f"Next Posture {__version__}")
    local.add_arguments(parser)
    subparsers = parser.add_subparsers(title="other commands", dest="command", metavar="COMMAND")
    runs: dict[str | None, Run] = {None: local.run}
    for module_name in SUBCOMMANDS:
        module = import_module(module_name)
        module.add_parser(subparsers)
        runs |= {name: module.run for name in subparsers.choices if name not in runs}
    args = parser.parse_args(argv)
    out = out or sys.stdout
    try:
        code = runs[args.command](args, out)
        out.flush()
    except BrokenPipeError:  # whoever reads has closed, as `head` does; Python would complain again on exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
