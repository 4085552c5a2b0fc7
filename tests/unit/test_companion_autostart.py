"""What is written so that the companion starts at login, and that it is taken away again."""

from __future__ import annotations

import configparser
import plistlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nextposture.companion import autostart

ODD = Path('/home/me/my data/100% "mine" $HOME `x` \\ end')


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def test_the_desktop_file_is_valid_and_runs_this_installation(home: Path) -> None:
    told = autostart.turn_on(Path("/data"))
    path = home / "autostart" / "nextposture-companion.desktop"
    assert told == str(path)
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(path)
    parts = entry["Desktop Entry"]
    assert (parts["Type"], parts["Terminal"]) == ("Application", "false")
    assert parts["Exec"] == f"{sys.executable} -m nextposture --data /data companion"


def test_odd_folders_survive_the_quoting_of_exec() -> None:
    line = next(one for one in autostart.desktop_entry(ODD).splitlines() if one.startswith("Exec="))
    value = line.removeprefix("Exec=").replace("\\\\", "\\")  # read as a string of the file
    words = shlex.split(value.replace("\\`", "`").replace("\\$", "$"))  # then as a quoted word
    assert words[-2].replace("%%", "%") == str(ODD)


def test_odd_folders_survive_the_quoting_of_systemd() -> None:
    line = next(one for one in autostart.unit(ODD).splitlines() if one.startswith("ExecStart="))
    word = line[line.index('"') + 1 : line.rindex('"')]
    read = word.replace("$$", "$").replace("%%", "%").replace('\\"', '"').replace("\\\\", "\\")
    assert read == str(ODD)


def test_one_way_takes_the_place_of_the_other_and_off_takes_all_away(home: Path) -> None:
    autostart.turn_on(Path("/data"))
    told = autostart.turn_on(Path("/data"), by_systemd=True)
    unit = home / "systemd" / "user" / "nextposture-companion.service"
    wanted = unit.parent / "graphical-session.target.wants" / unit.name
    assert told == str(unit)
    # As `systemctl --user enable` leaves it: the next login starts it.
    assert wanted.readlink() == unit and sorted(home.rglob("nextposture*")) == sorted([unit, wanted])
    autostart.turn_on(Path("/data"), by_systemd=True)
    assert autostart.turn_off() and not autostart.turn_off()
    assert list(home.rglob("nextposture*")) == []


def test_the_unit_belongs_to_the_session_and_comes_back_after_a_crash() -> None:
    unit = autostart.unit(Path("/data"))
    assert "WantedBy=graphical-session.target" in unit and "Restart=on-failure" in unit


def test_the_launch_agent_is_a_property_list() -> None:
    told = plistlib.loads(autostart.agent(ODD))
    assert told["RunAtLoad"] is True and told["ProgramArguments"][-2:] == [str(ODD), "companion"]


def test_the_run_key_is_one_command_line() -> None:
    _, name, value = autostart.run_key(Path("C:/my data"))
    assert name == "NextPostureCompanion"
    assert value == subprocess.list2cmdline(autostart.command(Path("C:/my data")))


def test_the_run_key_opens_no_console(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "pythonw.exe").touch()
    monkeypatch.setattr(sys, "executable", str(home / "python.exe"))
    assert autostart.run_key(Path("C:/data"))[2].startswith(f"{home / 'pythonw.exe'} -m nextposture")
