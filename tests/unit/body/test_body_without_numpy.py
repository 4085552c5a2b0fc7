"""The app runs without the body model's heavy parts, and the command says how to get them."""

import subprocess
import sys

WITHOUT_NUMPY = (
    "import sys; sys.modules['numpy'] = None; from nextposture.cli import main; sys.exit(main({args}))"
)


def run_without_numpy(*args: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT_NUMPY.format(args=list(args))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_command_says_in_one_line_what_to_install() -> None:
    done = run_without_numpy("spine")
    assert done.returncode == 1
    assert "make body" in done.stderr and "nextposture[body]" in done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""


def test_the_other_commands_do_not_need_it() -> None:
    assert run_without_numpy("check", "--inputs").returncode == 0
