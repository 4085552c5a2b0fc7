"""What the companion can see on this computer, what it cannot, and what to do about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nextposture.companion.bus import BusError
from nextposture.companion.notifications import FreedesktopNotifier

if TYPE_CHECKING:
    from nextposture.companion.daemon import Companion


def _line(what: str, ok: bool, says: str, fix: str = "") -> dict[str, Any]:
    return {"what": what, "ok": ok, "says": says, "fix": "" if ok else fix}


async def examine(companion: Companion) -> list[dict[str, Any]]:
    """One line for each thing that matters, in the order in which it matters."""
    lines = [_idle(companion), await _notifications(companion)]
    failures = companion.failures
    tray = companion.tray is not None and companion.tray.present
    lines.append(
        _line("tray", True, "an icon is shown" if tray else "there is none here, and none is needed")
    )
    lines.append(
        _line(
            "screen lock",
            companion.session is not None or companion.session_bus is not None,
            "systemd-logind and the screen locker tell"
            if companion.session
            else "the screen locker tells, if it speaks on the session bus"
            if companion.session_bus
            else f"cannot be seen: {failures.get('lock', failures.get('system bus', ''))}",
            "A locked screen is then noticed as idleness only.",
        )
    )
    lines.append(
        _line(
            "sleep",
            True,
            "systemd-logind announces it"
            if companion.system_bus and "sleep" not in failures
            else "seen afterwards, by the clocks, within five minutes of waking",
        )
    )
    lines += [
        _line(sign.name, sign.can_see, sign.how, "Before something like that: nextposture companion pause 1h")
        for sign in await companion.surroundings.signs()
    ]
    lines.append(
        _line(
            "app",
            companion.link.reached,
            "reached; bouts go there"
            if companion.link.reached
            else f"not reached; {companion.store.count_waiting()} bouts and breaks wait here, none is lost",
            "Start it: nextposture",
        )
    )
    if refused := companion.store.refused():
        reasons = "; ".join(f"{number}: {why}" for why, number in refused.items())
        fix = "Update Next Posture and start the companion again, which sends them once more."
        says = f"{sum(refused.values())} bouts and breaks, kept here and not lost ({reasons})"
        lines.append(_line("refused by the app", False, says, fix))
    if "disk" in failures:
        fix = "Make room on the disk. Nothing is lost while the companion runs."
        lines.append(_line("disk", False, f"cannot be written: {failures['disk']}", fix))
    lines.append(_line("plan", not companion.plan.why_off, companion.plan.why_off or "there is one"))
    return lines


def _idle(companion: Companion) -> dict[str, Any]:
    if companion.idle is not None:
        how = "by events" if companion.idle.event_driven else "by looking now and then"
        return _line("whether you are there", True, f"{companion.idle.name}, {how}")
    why = "; ".join(str(failure) for failure in companion.idle_failures)
    fixes = [failure.fix for failure in companion.idle_failures if failure.fix]
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "this desktop")
    return _line(
        "whether you are there",
        False,
        f"cannot be seen on {desktop}: {why}. Breaks come at plain intervals.",
        " ".join(fixes)
        or "Start the companion inside the desktop session: nextposture companion autostart on",
    )


async def _notifications(companion: Companion) -> dict[str, Any]:
    notifier = companion.notifier
    if notifier is None:
        why = companion.failures.get("notifications") or companion.failures.get("session bus", "")
        return _line(
            "prompts on the screen",
            False,
            f"cannot be shown: {why}",
            "The app's Today page shows when a break is due, and so does: nextposture companion status",
        )
    if not isinstance(notifier, FreedesktopNotifier):
        return _line("prompts on the screen", True, notifier.name)
    try:
        name, can = await notifier.service()
    except BusError as error:
        return _line(
            "prompts on the screen",
            False,
            f"no notification service answers ({error})",
            "Install one that fits the desktop, for example: sudo apt-get install dunst",
        )
    buttons = (
        "with buttons"
        if "actions" in can
        else "without buttons: open the page by a click, or answer in the app"
    )
    return _line("prompts on the screen", True, f"{name}, {buttons}")
