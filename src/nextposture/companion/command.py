"""`nextposture companion`: start the companion, or talk to the one that runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from nextposture.companion.client import ask
from nextposture.sitting.words import minutes

NOT_RUNNING = "No companion is running. Start it: nextposture companion"
LENGTH = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?:in)?)?")
MOST_MINUTES = 7 * 24 * 60


def add_parser(subparsers: Any) -> None:
    """Register the sub-command."""
    parser = subparsers.add_parser(
        "companion",
        help="ask for movement breaks from the desktop",
        description="Without an action, starts the companion; Ctrl-C or the end of the session ends it.",
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION")
    status = actions.add_parser("status", help="what goes on, and why")
    status.add_argument("--json", action="store_true", help="everything, for scripts")
    pause = actions.add_parser("pause", help="no prompts for a while: pause 1h, pause 20m")
    pause.add_argument("length", type=_minutes, nargs="?", default=60, metavar="LENGTH")
    actions.add_parser("resume", help="end a pause")
    now = actions.add_parser("now", help="ask for a break now")
    now.add_argument("--discomfort", action="store_true", help="because your back asks for it")
    actions.add_parser("up", help="say that you get up now")
    actions.add_parser("standing", help="say that you stand at the desk")
    actions.add_parser("sitting", help="say that you sit")
    actions.add_parser("driving", help="nothing is asked while you drive")
    actions.add_parser("parked", help="say that you have parked")
    answer = actions.add_parser("answer", help="answer the prompt: done, later or not_now")
    answer.add_argument("answer", choices=("done", "later", "not_now"))
    doctor = actions.add_parser("doctor", help="what can be seen on this computer, and what cannot")
    doctor.add_argument("--json", action="store_true", help="for scripts")
    actions.add_parser("stop", help="end the companion")
    autostart = actions.add_parser("autostart", help="start at login, or no more")
    autostart.add_argument("switch", choices=("on", "off"))
    autostart.add_argument("--systemd", action="store_true", help="by a systemd user unit (Linux)")
    for one in (parser, *actions.choices.values()):  # also after the command, where one would look for it
        one.add_argument(
            "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="folder of the record"
        )


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Do what was asked; 2 if it cannot be done."""
    from nextposture.site import data_folder

    data = (args.data or data_folder.default()).expanduser().resolve()
    try:
        if args.action is None:
            return _start(data)
        if args.action == "autostart":
            return _autostart(args, data, out)
        return _talk(args, data, out)
    except OSError as error:
        print(f"{error.strerror or error}: {data}", file=sys.stderr)
        return 2


def _start(data: Path) -> int:
    from nextposture.companion.preparing import prepare
    from nextposture.site import data_folder

    os.umask(0o077)
    data_folder.prepare(data)
    prepare(data)
    if os.name == "posix":
        # A new program in the same process: what preparing loaded is gone from memory.
        os.execv(sys.executable, [sys.executable, "-m", "nextposture.companion.daemon", str(data)])
    from nextposture.companion.daemon import main

    return main([str(data)])


def _autostart(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    from nextposture.companion import autostart

    if args.switch == "on":
        print(f"It starts at your next login: {autostart.turn_on(data, by_systemd=args.systemd)}", file=out)
    elif autostart.turn_off():
        print("It starts at login no more.", file=out)
    else:
        print("It did not start at login.", file=out)
    return 0


def _talk(args: argparse.Namespace, data: Path, out: TextIO) -> int:
    posts: dict[str, tuple[str, Any]] = {
        "resume": ("/pause", {"seconds": 0}),
        "up": ("/up", {}),
        "standing": ("/posture", {"posture": "standing"}),
        "sitting": ("/posture", {"posture": "sitting"}),
        "driving": ("/driving", {"driving": True}),
        "parked": ("/driving", {"driving": False}),
        "stop": ("/stop", {}),
    }
    try:
        if args.action == "pause":
            posts["pause"] = ("/pause", {"seconds": args.length * 60})
        elif args.action == "now":
            posts["now"] = ("/now", {"why": "discomfort" if args.discomfort else "asked"})
        elif args.action == "answer":
            _, told = ask(data, "GET", "/status")
            if wrong := _why_not(told, args.answer):
                print(wrong, file=sys.stderr)
                return 2
            posts["answer"] = ("/answer", {"number": told["prompt"]["number"], "answer": args.answer})
        if args.action in posts:
            status, told = ask(data, "POST", *posts[args.action])
        else:
            status, told = ask(data, "GET", f"/{args.action}")
    except OSError:
        if args.action != "doctor":
            print(NOT_RUNNING, file=sys.stderr)
            return 2
        status, told = 200, _doctor_without()
    if status != 200:
        print(told["error"], file=sys.stderr)
        return 2
    if args.action == "stop":
        print("The companion ends.", file=out)
    elif getattr(args, "json", False):
        print(json.dumps(told, indent=2, ensure_ascii=False), file=out)
    elif args.action == "doctor":
        _print_doctor(told, out)
    else:
        _print_status(told, out)
    return 0


def _why_not(told: dict[str, Any], answer: str) -> str:
    """Why this cannot be answered now; empty if it can."""
    prompt = told["prompt"]
    if prompt is None:
        return "Nothing is asked now."
    if not prompt["offered"]:
        return f"Nothing is asked yet. {' '.join(told['says'])}"
    if answer == "later" and not prompt["may_put_off"]:
        return "It cannot be put off again. Answer done or not_now."
    return ""


def _doctor_without() -> list[dict[str, Any]]:
    """What a companion would see here, while none runs."""
    from nextposture.companion import folder
    from nextposture.companion.daemon import Companion
    from nextposture.companion.preparing import prepare
    from nextposture.companion.store import Store

    with tempfile.TemporaryDirectory() as scratch:
        own = prepare(Path(scratch))
        store = Store(own / folder.STATE)
        try:
            companion = Companion(Path(scratch), folder.read_json(own / folder.TABLES), store)
            lines = asyncio.run(companion.look_once())
        finally:
            store.close()
    none = {
        "what": "companion",
        "ok": False,
        "says": "none is running",
        "fix": "Start it: nextposture companion",
    }
    return [none, *(line for line in lines if line["what"] not in ("app", "plan"))]


def _print_status(told: dict[str, Any], out: TextIO) -> None:
    print(" ".join(told["says"]), file=out)
    if told["bout_s"] is not None:
        print(
            f"{minutes(told['bout_s'])} of {told['posture']} since you were last up.".capitalize(), file=out
        )
    prompt = told["prompt"]
    if prompt is not None:
        print(f"{prompt['why']} {prompt['idea']}", file=out)
    if told["paused_s"] is not None:
        print(f"Paused for another {minutes(told['paused_s'])}.", file=out)
    if told["waiting_to_be_sent"]:
        print(
            f"Bouts and breaks that wait for the app: {told['waiting_to_be_sent']}. None is lost.", file=out
        )


def _print_doctor(lines: list[dict[str, Any]], out: TextIO) -> None:
    for line in lines:
        print(f"{'yes' if line['ok'] else 'no ':<4}{line['what']}: {line['says']}", file=out)
        if line["fix"]:
            print(f"    -> {line['fix']}", file=out)


def _minutes(text: str) -> int:
    match = LENGTH.fullmatch(text) if text else None
    if match is None:
        raise argparse.ArgumentTypeError("write a length such as 1h, 20m or 1h30m")
    length = int(match[1] or 0) * 60 + int(match[2] or 0)
    if not 0 < length <= MOST_MINUTES:
        raise argparse.ArgumentTypeError("from one minute to a week")
    return length
