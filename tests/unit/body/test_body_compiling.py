"""What was compiled against older sources is never used again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from nextposture.body import compiling

SUM = """
import sys
from pathlib import Path
from nextposture.body.compiling import forget_stale
here = Path(sys.argv[1])
sys.path.insert(0, str(here))
import caller
forget_stale(Path(caller.size.stats.cache_path), here)
print(caller.size())
"""
CALLER = """
from callee import LENGTH
from nextposture.body.compiling import kernel
@kernel
def size():
    return LENGTH
"""


def answer(sources: Path, cache: Path) -> int:
    """What the compiled caller in `sources` says, in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", SUM, str(sources)], env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(told.stdout)


def test_a_change_in_another_file_reaches_what_was_compiled_before(tmp_path: Path) -> None:
    sources, cache = tmp_path / "sources", tmp_path / "cache"
    sources.mkdir()
    (sources / "caller.py").write_text(CALLER)
    (sources / "callee.py").write_text("LENGTH = 3\n")
    assert answer(sources, cache) == 3
    (sources / "callee.py").write_text("LENGTH = 14\n")
    assert answer(sources, cache) == 14


def test_what_is_fresh_is_kept(tmp_path: Path) -> None:
    sources, cache = tmp_path / "sources", tmp_path / "cache"
    sources.mkdir()
    (sources / "one.py").write_text("A = 1\n")
    compiling.forget_stale(cache, sources)
    (kept := cache / "one.kernel-1.py311.nbi").write_bytes(b"compiled")
    compiling.forget_stale(cache, sources)
    assert kept.exists()
    (sources / "two.py").write_text("")
    compiling.forget_stale(cache, sources)
    assert not kept.exists()


def test_a_place_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    (cache := tmp_path / "cache").write_text("a file where the folder should be")
    compiling.forget_stale(cache, tmp_path)
    assert cache.read_text() == "a file where the folder should be"
