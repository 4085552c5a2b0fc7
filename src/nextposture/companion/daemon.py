"""The companion process: what the desktop tells goes into the scheduler, and the screen follows it.

Started as `python -m nextposture.companion.daemon DATA` by the command, which has made the tables ready: the
libraries that read them never come into this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import webbrowser
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nextposture import __version__
from nextposture.companion import clock, folder
from nextposture.companion.api import NO_PROMPT, Api, listen
from nextposture.companion.app_link import AppLink
from nextposture.companion.bus import Bus, BusError
from nextposture.companion.idle import CannotSeeError, IdleSource
from nextposture.companion.idle.choosing import choose
from nextposture.companion.idle.x11 import Display
from nextposture.companion.notifications import (
    ElsewhereNotifier,
    FreedesktopNotifier,
    Message,
    Notifier,
)
from nextposture.companion.session import Session, listen_for_lockers, listen_for_sleep
from nextposture.companion.store import Store
from nextposture.companion.surroundings import Surroundings
from nextposture.companion.tray import Tray
from nextposture.sitting.bouts import Bout, Break
from nextposture.sitting.events import Absence, Active, Around, Event, Idle, Sees, Tick
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.saved import plain, restored
from nextposture.sitting.scheduler import (
    WAITS_CAPPED,
    Prompt,
    begin,
    handle,
    idle_after,
    phase,
    resume,
    visible,
    wakes_in,
)
from nextposture.sitting.words import Words, idea, now, why

LOOK_WAITING_S = 5.0
LOOK_SHOWN_S = 15.0
LOOK_PRESENT_S = 60.0
RETRY_S = 60.0
TOLD_AROUND_S = 60.0
ON_SCREEN = "on_screen"
log = logging.getLogger("nextposture.companion")


class Companion:
    """One person's companion over one data folder."""

    def __init__(self, data: Path, tables: Mapping[str, Any], store: Store) -> None:
        self.data, self.store = data, store
        self.words = restored(Words, tables["words"])
        self.rules = restored(Rules, tables["rules"])
        self.plan = restored(BreakPlan, tables["plan"])
        self._pictures: Mapping[str, str] = tables["pictures"]
        self._boot = clock.boot()
        self._take_plan(store.get("plan"))
        saved = store.load()
        reading = clock.read()
        kept: tuple[Bout | Break, ...] = ()
        if saved is None:
            self.state = begin(self.rules, self.plan, reading)
        else:
            same = bool(self._boot) and saved[0] == self._boot
            self.state, kept = resume(self.rules, self.plan, saved[1], reading, same_boot=same)
        self.store.save(self._boot, self.state, kept)
        self._saved_t = self.state.t
        self._unsaved: tuple[Bout | Break, ...] = ()
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()
        self._on_screen: tuple[int, str, int] | None = None
        self._told: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._watched_s = 0.0
        self.session_bus: Bus | None = None
        self.system_bus: Bus | None = None
        self.session: Session | None = None
        self.notifier: Notifier | None = None
        self.tray: Tray | None = None
        self.idle: IdleSource | None = None
        self.idle_failures: list[CannotSeeError] = []
        self.failures: dict[str, str] = {}
        self.surroundings = Surroundings(None, None, None)
        self.link = AppLink(data, store, self._got_plan)
        self.api = Api(self, secrets.token_urlsafe(32))

    # ---- life

    async def run(self) -> None:
        """Run until stopped, or until the desktop session ends."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                with contextlib.suppress(NotImplementedError):  # Windows
                    loop.add_signal_handler(getattr(signal, name), self.stop)
        server = await listen(self.api)
        await self._connect()
        await self._clear_screen()
        await self._find_idle()
        if self.idle is None:
            self._start(self._find_idle_later())
        told = {"port": self.api.port, "token": self.api.token, "pid": os.getpid(), "version": __version__}
        folder.write(folder.prepare(self.data) / folder.API, json.dumps(told))
        self._start(self.link.run())
        await self.tell(Tick())
        await self._stopped.wait()
        if self._timer is not None:
            self._timer.cancel()
        await self.tell(Tick())
        self._save()
        if self.notifier is not None:
            with contextlib.suppress(BusError):
                await self.notifier.withdraw()
            with contextlib.suppress(sqlite3.Error):
                self.store.put(ON_SCREEN, "")
        (folder.prepare(self.data) / folder.API).unlink(missing_ok=True)
        server.close()
        for task in self._tasks:
            task.cancel()
        if self.idle is not None:
            with contextlib.suppress(BusError):
                await self.idle.stop()
        self.store.close()

    async def look_once(self) -> list[dict[str, Any]]:
        """What a companion started here would see, for `doctor` where none runs."""
        await self._connect(with_tray=False)
        await self._find_idle()
        lines = await self.doctor()
        if self.idle is not None:
            await self.idle.stop()
        return lines

    def stop(self) -> None:
        """End soon, with everything saved."""
        self._stopped.set()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A part of the companion failed: %s", type(error).__name__, exc_info=error)

    async def _connect(self, *, with_tray: bool = True) -> None:
        """Find the buses and what is on them; whatever is missing is noted for `doctor`."""
        for which in ("session", "system"):
            try:
                bus = await Bus.connect(which)
            except BusError as error:
                self.failures[f"{which} bus"] = str(error)
                continue
            if which == "session":
                self.session_bus = bus
                self._start(self._end_with(bus))
                await listen_for_lockers(bus, self._locked)
                self.notifier = FreedesktopNotifier(bus, self._chosen)
                if with_tray:
                    self.tray = Tray(bus, lambda: self._start(_open(self._address())))
                    with contextlib.suppress(BusError):
                        await self.tray.start()
            else:
                self.system_bus = bus
                await self._find_session(bus)
        if self.notifier is None and sys.platform != "linux":
            try:
                self.notifier = ElsewhereNotifier(self._chosen)
            except BusError as error:
                self.failures["notifications"] = str(error)
        display = None
        if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            with contextlib.suppress(OSError):
                display = Display(os.environ["DISPLAY"])
        self.surroundings = Surroundings(self.session_bus, self.system_bus, display)

    async def _find_session(self, bus: Bus) -> None:
        def asleep(begins: bool) -> None:
            self.later(Absence("asleep", begins))

        try:
            await listen_for_sleep(bus, asleep)
        except BusError as error:
            self.failures["sleep"] = str(error)
        try:
            self.session = await Session.find(bus)
            await self.session.listen(self._locked)
        except BusError as error:
            self.failures["lock"] = str(error)

    async def _end_with(self, bus: Bus) -> None:
        await bus.gone()
        self.notifier = None
        self.stop()  # the desktop session has ended

    async def _find_idle(self) -> None:
        self._watched_s = idle_after(self.rules, self.plan, self.state)
        self.idle, self.idle_failures = await choose(
            self.session_bus, self.session, self._watched_s, self._quiet, self._lost_idle
        )
        if self.state.sees_idle != (self.idle is not None):
            await self.tell(Sees(self.idle is not None))

    async def _find_idle_later(self) -> None:
        """At login the companion may be there before the desktop is, or before it gives its first hint."""
        while self.idle is None:
            await asyncio.sleep(RETRY_S)
            await self._find_idle()

    def _lost_idle(self) -> None:
        lost, self.idle = self.idle, None
        if lost is None:
            return  # it is looked for already

        async def again() -> None:
            self.idle_failures = [CannotSeeError(f"{lost.name} went away")]
            with contextlib.suppress(BusError, OSError):
                await lost.stop()
            await self.tell(Sees(idle=False))
            await self._find_idle_later()

        self._start(again())

    # ---- what is told

    def later(self, event: Event) -> None:
        """Tell the scheduler as soon as what it hears now is done with."""
        self._start(self.tell(event))

    def _quiet(self, quiet_s: float | None) -> None:
        self.later(Active() if quiet_s is None else Idle(quiet_s))

    def _locked(self, begins: bool) -> None:
        self.later(Absence("locked", begins))

    def _chosen(self, number: int, answer: str) -> None:
        from nextposture.sitting.events import Answered

        if answer == "open":
            self._start(_open(self.api.page_address(number)))
        elif answer in ("done", "later", "not_now"):
            self.later(Answered(number, answer))  # type: ignore[arg-type]

    async def told_around(self, reasons: frozenset[str]) -> None:
        """Someone's script says what goes on; believed for a minute."""
        self._told = (clock.read().t + TOLD_AROUND_S, reasons)
        await self.tell(await self._look())

    async def tell(self, event: Event) -> None:
        """Give the scheduler an event, one at a time, and make everything follow.

        What goes on around is looked at first wherever a prompt may come of it.
        """
        async with self._turn:
            try:
                if isinstance(event, Tick | Idle) or self._may_ask():
                    self._handle(await self._look())
                self._handle(event)
                await self._follow()
            finally:  # whatever went wrong, it wakes again: a companion that falls silent is worse
                self._wake_later()

    def _may_ask(self) -> bool:
        if self.state.away is not None:
            return False
        wait = wakes_in(self.rules, self.plan, self.state)
        passed = clock.read().t - self.state.t
        return self.state.prompt is not None or (wait is not None and wait <= passed)

    async def _look(self) -> Around:
        if self.state.away is not None and not self.state.causes <= {"idle", "unknown"}:
            return Around()
        around = await self.surroundings.read()
        until, told = self._told
        reasons = around.reasons | (told if clock.read().t < until else frozenset())
        present = around.present or "call" in reasons
        if self.idle is not None:
            quiet = await self.idle.quiet_s()
            if quiet is not None and quiet < self.rules.typing_pause_s:
                reasons |= {"typing"}
        return Around(reasons, present)

    def _handle(self, event: Event) -> None:
        before = self.state
        self.state, kept = handle(self.rules, self.plan, before, event, clock.read())
        same = (
            before.away == self.state.away
            and before.prompt == self.state.prompt
            and before.paused_until == self.state.paused_until
            and before.posture == self.state.posture
        )
        self._unsaved += kept
        if self._unsaved or not same or self.state.t - self._saved_t >= self.rules.save_every_s:
            self._save()
        if kept:
            self.link.soon()

    def _save(self) -> None:
        """Save; where the disk is full or gone, keep what was finished and try again at the next event."""
        try:
            self.store.save(self._boot, self.state, self._unsaved)
        except sqlite3.Error as error:
            self.failures["disk"] = str(error)
            return
        self.failures.pop("disk", None)
        self._unsaved = ()
        self._saved_t = self.state.t

    # ---- what follows

    async def _follow(self) -> None:
        await self._show()
        if self.tray is not None:
            self.tray.tell(phase(self.plan, self.state), " ".join(now(self.words, self.plan, self.state)))
        await self._watch()

    def _wake_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._wait_s(), self.later, Tick())

    def _wait_s(self) -> float:
        state = self.state
        waits = [self.rules.save_every_s if state.away is None else 4 * self.rules.save_every_s]
        if (wait := wakes_in(self.rules, self.plan, state)) is not None:
            waits.append(wait + 0.01)
        if self._looks_around():
            waits.append(LOOK_WAITING_S if self._waits_for_a_pause() else LOOK_SHOWN_S)
        elif state.present_sign:
            waits.append(LOOK_PRESENT_S)
        return min(waits)

    def _waits_for_a_pause(self) -> bool:
        prompt = self.state.prompt
        return prompt is not None and not prompt.shown and prompt.waits_for in ("", "typing")

    def _looks_around(self) -> bool:
        """Whether what goes on around decides about a prompt now: not in quiet hours, nor in a pause."""
        state = self.state
        if state.away is not None or state.prompt is None:
            return False
        return bool(state.prompt.shown) or state.prompt.waits_for in ("", *WAITS_CAPPED)

    async def _watch(self) -> None:
        """Have the idle source watch for the length of quiet that counts now."""
        if self.idle is None:
            return
        try:
            wanted = idle_after(self.rules, self.plan, self.state)
            if wanted != self._watched_s and "idle" not in self.state.causes:
                self._watched_s = wanted
                await self.idle.watch(wanted)
            short_s = self.rules.typing_pause_s if self._looks_around() else None
            await self.idle.attend(short_s, lambda: self.later(Tick()))
        except (BusError, OSError):
            self._lost_idle()

    def _address(self) -> str:
        """What a click on the tray opens: the prompt's page, else the app where it runs."""
        if self.state.prompt is not None:
            return self.api.page_address(self.state.prompt.number)
        port = folder.app_port(self.data)
        return self.api.page_address(NO_PROMPT) if port is None else f"http://127.0.0.1:{port}/today/"

    async def _clear_screen(self) -> None:
        """Take away what a companion that was killed has left standing."""
        left = self.store.get(ON_SCREEN)
        if left and self.notifier is not None:
            await self.notifier.clear(left)

    async def _show(self) -> None:
        """Make the screen agree with the state."""
        prompt, size = self.state.prompt, visible(self.plan, self.state)
        wanted = (prompt.number, size, prompt.snoozes) if prompt is not None and size else None
        if wanted == self._on_screen or self.notifier is None:
            return
        try:
            left = ""
            if wanted is None or prompt is None:
                await self.notifier.withdraw()
            else:
                left = await self.notifier.show(self._message(prompt, size))
            self._on_screen = wanted
            with contextlib.suppress(sqlite3.Error):
                self.store.put(ON_SCREEN, left)
            self.failures.pop("notifications", None)
        except BusError as error:
            self.failures["notifications"] = str(error)

    def _message(self, prompt: Prompt, size: str) -> Message:
        return Message(
            number=prompt.number,
            size=size,
            title=self.words.titles[size],
            # Silent ones may stand on a screen that others see: they tell no more than the idea.
            body=idea(prompt)
            if size == "silent"
            else f"{idea(prompt)}\n{why(self.words, self.state, prompt)}",
            buttons=self.buttons(prompt),
            picture=self._picture_file(prompt) if size == "larger" else "",
        )

    def buttons(self, prompt: Prompt) -> dict[str, str]:
        """The answers that this prompt can have now."""
        return {
            answer: text
            for answer, text in self.words.buttons.items()
            if answer != "later" or prompt.snoozes < self.rules.later_most
        }

    def picture(self, prompt: Prompt) -> str:
        """The figure of what to do, as SVG; empty where there is none."""
        path = self._picture_file(prompt)
        return Path(path).read_text(encoding="utf-8") if path else ""

    def _picture_file(self, prompt: Prompt) -> str:
        path = self._pictures.get(f"{prompt.way.kind}{prompt.side}", "")
        return path if path and Path(path).is_file() else ""

    # ---- the plan

    def _got_plan(self, value: dict[str, Any]) -> None:
        if value != self.store.get("plan"):
            self.store.put("plan", value)
            self._take_plan(value)
            self.later(Tick())

    def _take_plan(self, value: Any) -> None:
        if not isinstance(value, dict):
            return
        try:
            plan, rules = restored(BreakPlan, value["plan"]), restored(Rules, value["rules"])
        except (KeyError, ValueError) as error:
            log.warning("The plan is from another edition: %s", type(error).__name__)
            return
        drives = plan.drives and not self.plan.drives
        self.plan, self.rules = plan, rules
        if drives and hasattr(self, "state"):
            self.later(Absence("driving", begins=True))

    # ---- what it tells

    def status(self) -> dict[str, Any]:
        """What goes on, for the command line, the app and scripts."""
        state = self.state
        passed = max(0.0, clock.read().t - state.t)
        paused_s = 0.0 if state.paused_until is None else state.paused_until - state.t - passed
        prompt = None
        if state.prompt is not None:
            prompt = {
                "number": state.prompt.number,
                "idea": idea(state.prompt),
                "why": why(self.words, state, state.prompt),
                "shown": visible(self.plan, state),
                "waits_for": state.prompt.waits_for,
                "offered": state.prompt.offered_at is not None,
                "may_put_off": state.prompt.snoozes < self.rules.later_most,
                "page": self.api.page_address(state.prompt.number),
            }
        return {
            "phase": phase(self.plan, state),
            "says": now(self.words, self.plan, state),
            "posture": state.posture,
            "bout_s": None
            if state.bout is None
            else round(state.bout.seconds + (0.0 if state.away else passed)),
            "bout_started_at": None if state.bout is None else plain(state.bout.started_at),
            "interval_s": self.plan.interval_s,
            "prompt": prompt,
            "paused_s": round(paused_s) if paused_s >= 1 else None,
            "driving": "driving" in state.causes,
            "sees_idle": self.idle.name if self.idle else None,
            "waiting_to_be_sent": self.store.count_waiting(),
            "app_reached": self.link.reached,
            "version": __version__,
        }

    async def doctor(self) -> list[dict[str, Any]]:
        """What can be seen on this computer, what cannot, and what to do about it."""
        from nextposture.companion.doctor import examine

        return await examine(self)


async def _open(address: str) -> None:
    opener = shutil.which("xdg-open")
    if opener:
        process = await asyncio.create_subprocess_exec(
            opener, address, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        await process.wait()
    else:
        await asyncio.to_thread(webbrowser.open, address)


def main(arguments: list[str]) -> int:
    """Run over the data folder that is the one argument. 3: another companion runs over it already."""
    os.umask(0o077)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    data = Path(arguments[0])
    own = folder.prepare(data)
    lock = FileLock(own / folder.LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        print("A companion is running already: nextposture companion status", file=sys.stderr)
        return 3
    tables = folder.read_json(own / folder.TABLES)
    if tables is None:
        print("Start it by the command: nextposture companion", file=sys.stderr)
        return 2
    store = Store(own / folder.STATE)
    if store.was_broken is not None:
        print(f"What was kept could not be read; it is put aside as {store.was_broken}", file=sys.stderr)

    async def run() -> None:
        await Companion(data, tables, store).run()

    asyncio.run(run())
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
