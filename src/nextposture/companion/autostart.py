"""Starting the companion at login, if asked: each system's own way, in one small file.

Windows and macOS are written from their documentation; our tests run on Linux and check the files only.
"""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

LABEL = "org.nextposture.companion"


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def command(data: Path) -> list[str]:
    """How this very installation starts the companion over a data folder."""
    return [sys.executable, "-m", "nextposture", "--data", str(data), "companion"]


def desktop_file() -> Path:
    """The XDG autostart file."""
    return _config_home() / "autostart" / "nextposture-companion.desktop"


def desktop_entry(data: Path) -> str:
    """Its text (Desktop Entry and Autostart specifications)."""
    words = " ".join(_exec_quoted(word) for word in command(data))
    return (
        "[Desktop Entry]\nType=Application\nName=Next Posture companion\n"
        "Comment=Asks for a movement break before you stiffen\n"
        f"Exec={words}\nTerminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
    )


def unit_file() -> Path:
    """The systemd user unit."""
    return _config_home() / "systemd" / "user" / "nextposture-companion.service"


def wanted_file() -> Path:
    """The link by which the desktop session wants the unit."""
    return unit_file().parent / "graphical-session.target.wants" / unit_file().name


def unit(data: Path) -> str:
    """Its text. It belongs to the graphical session and is started again after a crash."""
    words = " ".join(_unit_quoted(word) for word in command(data))
    return (
        "[Unit]\nDescription=Next Posture companion\nPartOf=graphical-session.target\n"
        "After=graphical-session.target\n\n"
        f"[Service]\nExecStart={words}\nRestart=on-failure\nRestartSec=5\nMemoryMax=128M\n\n"
        "[Install]\nWantedBy=graphical-session.target\n"
    )


def agent_file() -> Path:
    """The LaunchAgent of macOS."""
    return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def agent(data: Path) -> bytes:
    """Its content."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": command(data),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Background",
        }
    )


def run_key(data: Path) -> tuple[str, str, str]:
    """Key below HKEY_CURRENT_USER, name and value for Windows."""
    import subprocess

    program, *rest = command(data)
    windowless = Path(program).with_name("pythonw.exe")  # python.exe would open a console at each login
    value = subprocess.list2cmdline([str(windowless) if windowless.exists() else program, *rest])
    return r"Software\Microsoft\Windows\CurrentVersion\Run", "NextPostureCompanion", value


def turn_on(data: Path, *, by_systemd: bool = False) -> str:
    """Start at login from now on; returns what was written, in words."""
    if sys.platform == "win32":
        import winreg

        key, name, value = run_key(data)
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
            winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)
        return f"HKEY_CURRENT_USER\\{key}\\{name}"
    if sys.platform == "darwin":
        path, content = agent_file(), agent(data)
    elif by_systemd:
        path, content = unit_file(), unit(data).encode()
    else:
        path, content = desktop_file(), desktop_entry(data).encode()
    turn_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if by_systemd:  # what `systemctl --user enable` does, so that it need not run
        wanted_file().parent.mkdir(exist_ok=True)
        wanted_file().symlink_to(path)
    return str(path)


def turn_off() -> bool:
    """Start at login no more; whether it did."""
    if sys.platform == "win32":
        import winreg

        key, name, _ = run_key(Path())
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)
        except FileNotFoundError:
            return False
        return True
    files = (desktop_file(), wanted_file(), unit_file(), agent_file())
    there = [path for path in files if path.exists() or path.is_symlink()]
    for path in there:
        path.unlink()
    return bool(there)


def _exec_quoted(word: str) -> str:
    """A word of Exec: quoted where the Desktop Entry specification asks for it; % doubled."""
    word = word.replace("%", "%%")
    if word and not set(word) & set(" \t\n\"'\\><~|&;$*?#()`"):
        return word
    for special in ("\\", '"', "`", "$"):
        word = word.replace(special, "\\" + special)
    # Backslashes are read twice: once as a string of the file, once as a quoted word.
    return '"' + word.replace("\\", "\\\\") + '"'


def _unit_quoted(word: str) -> str:
    """A word of ExecStart: % and $ doubled, quoted as systemd.syntax has it."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if " " in word or "'" in word else word
