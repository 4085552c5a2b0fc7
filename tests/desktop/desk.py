"""Real pieces of a desktop for one test: buses, a display, a compositor, a notification service, logind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nextposture.companion import folder
from nextposture.companion.client import ask
from nextposture.companion.preparing import prepare
from nextposture.companion.store import Store
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.saved import plain
from nextposture.sitting.table import break_plan, companion_table

DEBIAN = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "kwin_wayland": "kwin-wayland",
    "dunst": "dunst",
    "dbus-daemon": "dbus-daemon",
}

# Minutes become seconds, so that a day's worth of rules can be seen in a test.
RULES = replace(
    companion_table().rules(),
    away_after_s=60.0,
    settle_s=0.5,
    typing_pause_s=1.0,
    larger_after_s=60.0,
    unanswered_after_s=120.0,
    later_s=2.0,
)
PLAN = replace(
    break_plan(interval_min=30, break_min=2, may_stretch=True), interval_s=3.0, break_s=30.0, quiet=None
)
SOON_AWAY = replace(RULES, away_after_s=4.0)
SHORT_BREAKS = replace(PLAN, interval_s=60.0, break_s=1.5)
"""Rules and a plan for tests of absence."""


def need(program: str) -> str:
    """The path of a program. Fails the test, naming Debian's package, if it is missing."""
    path = shutil.which(program)
    assert path, f"{program} is missing: see `make test`, or install {DEBIAN[program]}"
    return path


def until(true: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait until `true` answers something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
    return answer


class RefusedError(AssertionError):
    """A program on the desktop ended with a failure; the message has what it said."""


class Desk:
    """One desktop. `environment` is what programs on it are started with."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        # A socket's path may be 108 bytes long, which pytest's own folders can exceed.
        (home / "config").mkdir()
        self.run_dir = Path(tempfile.mkdtemp(prefix="np-"))
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("NEXTPOSTURE", "DJANGO", "XDG", "DBUS", "DISPLAY", "WAYLAND"))
        } | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.run_dir),
            "XDG_CONFIG_HOME": str(home / "config"),
            # Nobody's system bus, unless the test makes one.
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.run_dir}/no-bus",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.companion: subprocess.Popen[bytes] | None = None
        self._sent: list[dict[str, Any]] = []

    def start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a program that ends with the test."""
        log = (self.home / f"{Path(command[0]).name}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(command, env=self.environment | more, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def run(self, *command: str) -> str:
        """Run a program on this desktop and return what it says. RefusedError if it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RefusedError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    # ---- pieces

    def bus(self, name: str = "SESSION") -> None:
        """A bus of its own."""
        address = f"unix:path={self.run_dir}/{name.lower()}-bus"
        self.start(need("dbus-daemon"), "--session", "--nofork", f"--address={address}")
        until(lambda: (self.run_dir / f"{name.lower()}-bus").exists(), "the bus")
        self.environment[f"DBUS_{name}_BUS_ADDRESS"] = address

    def on_the_bus(self, name: str) -> bool:
        """Whether a service of this name answers on the session's bus."""
        bus = "org.freedesktop.DBus"
        owned = self.run(
            "dbus-send", "--session", "--print-reply=literal", f"--dest={bus}", "/org/freedesktop/DBus",
            f"{bus}.NameHasOwner", f"string:{name}",
        )  # fmt: skip
        return owned.split() == ["boolean", "true"]

    def x11(self) -> None:
        """An X server without a screen to look at."""
        reads, writes = os.pipe()
        log = (self.home / "xvfb.log").open("wb")
        process = subprocess.Popen(
            [need("Xvfb"), "-displayfd", str(writes), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
            pass_fds=[writes],
            stdout=log,
            stderr=log,
        )
        self.processes.append(process)
        os.close(writes)
        with os.fdopen(reads) as told:
            self.environment["DISPLAY"] = f":{told.readline().strip()}"

    def press_a_key(self) -> None:
        """Real input on the X server."""
        self.run(need("xdotool"), "key", "shift")

    def dunst(self, choose: str = "") -> None:
        """A real notification service. `choose` is the words of the button that its menu picks."""
        menu = self.home / "menu"
        menu.write_text(f"#!/bin/sh\ngrep -m1 '{choose}'\n")
        menu.chmod(0o755)
        settings = self.home / "dunstrc"
        settings.write_text(f"[global]\ndmenu = {menu}\n")
        self.start(need("dunst"), "-config", str(settings))
        until(lambda: self._dunst_answers(), "dunst")

    def _dunst_answers(self) -> bool:
        try:
            return bool(self.run("dunstctl", "count"))
        except RefusedError:
            return False

    def shown(self) -> int:
        """How many notifications stand on the screen."""
        return int(self.run("dunstctl", "count", "displayed"))

    def logind(self) -> None:
        """systemd-logind as python-dbusmock plays it, on a system bus of its own."""
        self.bus("SYSTEM")
        # Debian's own Python has python3-dbusmock; PyPI's needs a C library to be built.
        self.start("/usr/bin/python3", "-m", "dbusmock", "--system", "--template", "logind")
        until(lambda: self._logind_answers(), "logind's mock: install python3-dbusmock")
        self._mock("AddSeat", "string:seat0")
        self._mock("AddSession", "string:c1", "string:seat0", "uint32:0", "string:me", "boolean:true")
        self.environment["XDG_SESSION_ID"] = "c1"

    def _logind_answers(self) -> bool:
        try:
            return bool(self._mock("ListSeats", interface="org.freedesktop.login1.Manager"))
        except RefusedError:
            return False

    def _mock(self, member: str, *arguments: str, interface: str = "org.freedesktop.DBus.Mock") -> str:
        return self.run(
            "dbus-send",
            "--system",
            "--print-reply",
            "--dest=org.freedesktop.login1",
            "/org/freedesktop/login1",
            f"{interface}.{member}",
            *arguments,
        )

    def logind_signal(self, path: str, interface: str, name: str, signature: str, *arguments: str) -> None:
        """Have the mock send a signal."""
        self.run(
            "gdbus", "call", "--system", "--dest", "org.freedesktop.login1", "--object-path", path,
            "--method", "org.freedesktop.DBus.Mock.EmitSignal", interface, name, signature,
            f"[{', '.join(arguments)}]",
        )  # fmt: skip

    # ---- the companion

    def prepare(self, plan: BreakPlan = PLAN, rules: Rules = RULES) -> None:
        """Make the data folder ready, with a plan as the app would have sent it."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        own = prepare(self.data)
        store = Store(own / folder.STATE)
        store.put("plan", {"plan": plain(plan), "rules": plain(rules)})
        store.close()

    def start_companion(self, plan: BreakPlan = PLAN, rules: Rules = RULES) -> None:
        """The companion, as the command starts it, with quick rules."""
        self.prepare(plan, rules)
        self.resume_companion()

    def resume_companion(self) -> None:
        """Start the companion over what is there."""
        (self.data / "companion" / folder.API).unlink(missing_ok=True)
        self.companion = self.start(
            sys.executable, "-m", "nextposture", "--data", str(self.data), "companion", PYTHONUNBUFFERED="1"
        )
        until(lambda: self._answers(), f"the companion; it said: {self.said()}")

    def _answers(self) -> bool:
        assert self.companion is not None and self.companion.poll() is None, self.said()
        try:
            return ask(self.data, "GET", "/status")[0] == 200
        except OSError:
            return False

    def said(self) -> str:
        """All that the companion has written."""
        logs = sorted(self.home.glob("python*.log"), key=lambda path: path.stat().st_mtime)
        return "".join(log.read_text() for log in logs)

    def status(self) -> Mapping[str, Any]:
        """What the companion says."""
        answer: Mapping[str, Any] = ask(self.data, "GET", "/status")[1]
        return answer

    def doctor(self) -> dict[str, Mapping[str, Any]]:
        """The companion's findings by what they are about."""
        return {line["what"]: line for line in ask(self.data, "GET", "/doctor")[1]}

    def phase(
        self,
        *wanted: str,
    ) -> Mapping[str, Any]:
        """Wait for one of these phases."""

        def reached() -> Mapping[str, Any] | None:
            told = self.status()
            return told if told["phase"] in wanted else None

        answer: Mapping[str, Any] = until(reached, f"phase {wanted}; it is {self.status()}")
        return answer

    def sits(self, touch: Callable[[], None] = lambda: None) -> None:
        """Wait for a bout worth keeping; `touch` is called all the while."""

        def long_enough() -> bool:
            touch()
            return (self.status()["bout_s"] or 0) >= 2

        until(long_enough, "a bout")

    def comes_back(self, touch: Callable[[], None]) -> None:
        """Touch something until the companion sees it: one touch may come while it still turns away."""

        def seen() -> bool:
            touch()
            return self.status()["phase"] == "working"

        until(seen, f"the return to be seen; it is {self.status()}")

    def kept(self) -> list[dict[str, Any]]:
        """What waits to be sent."""
        store = Store(self.data / "companion" / folder.STATE)
        try:
            waiting = store.waiting()
            self._sent += [one for one in waiting if one not in self._sent]
            return waiting
        finally:
            store.close()

    def forget_confirmations(self) -> None:
        """As if the app's answers had been lost: everything it has had is to be sent again."""
        assert self.companion is not None
        store = Store(self.data / "companion" / folder.STATE)
        for one in self._sent:
            parts = {name: value for name, value in one.items() if name != "install"}
            row = (one["install"], one["number"], json.dumps(parts))
            store.db.execute("insert or ignore into outbox values (?, ?, ?)", row)
        store.close()

    def kill(self) -> None:
        """kill -9 the companion."""
        assert self.companion is not None
        self.companion.kill()
        self.companion.wait(60)

    def stop(self) -> int:
        """Ask the companion to end, and return its exit code."""
        assert self.companion is not None
        self.companion.send_signal(signal.SIGTERM)
        return self.companion.wait(60)

    def close(self) -> None:
        """End everything that this desk started, the last first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        shutil.rmtree(self.run_dir, ignore_errors=True)


@contextmanager
def a_desk(home: Path) -> Iterator[Desk]:
    """A desk that is cleared afterwards."""
    desk = Desk(home)
    try:
        yield desk
    finally:
        desk.close()


def companion(desk: Desk) -> list[str]:
    """The command that talks to this desk's companion."""
    return [sys.executable, "-m", "nextposture", "--data", str(desk.data), "companion"]
