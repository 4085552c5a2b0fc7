"""`nextposture --help` answers at once because it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

from tests.live_server import environment

from nextposture import __version__

HEAVY = ("ai_edge_litert", "av", "channels", "django", "numpy", "numba", "uvicorn")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from nextposture.cli import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert ended.stderr.strip() == "[]"


def test_version_is_printed() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "nextposture", "--version"], capture_output=True, text=True, env=environment()
    )
    assert ended.stdout == f"Next Posture {__version__}\n"
