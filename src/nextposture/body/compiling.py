"""How the kernels are compiled: once on a machine, told on stderr, and again when any source has changed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba as nb
from numba.core import event


def kernel(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Decorate a compiled function. `options` are those of `numba.njit`, beside what all kernels share."""
    return nb.njit(function, cache=True, error_model="numpy", **options)


def forget_stale(cache: Path, sources: Path) -> None:
    """Remove what numba has kept in `cache` unless these very `sources` (a folder) were compiled.

    numba compiles a function again when its own file changes, not when a function or constant that it took
    from another file does. What was compiled against an older one would go on, with arrays of the old shape.
    """
    digest = hashlib.sha256()
    for path in sorted(sources.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    stamp = cache / "compiled_from"
    try:
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        cache.mkdir(parents=True, exist_ok=True)
        for kept in (*cache.glob("*.nbi"), *cache.glob("*.nbc")):
            kept.unlink(missing_ok=True)
        stamp.write_text(digest.hexdigest())
    except OSError:
        pass  # numba could not keep anything there either


@kernel
def _never_called():  # type: ignore[no-untyped-def]
    """It tells where numba keeps the kernels of this folder."""


forget_stale(Path(_never_called.stats.cache_path), Path(__file__).parent)


class _Announcer(event.Listener):
    """Says once in a process that something compiles. What numba finds on disk raises no such event."""

    said = False

    def on_start(self, event: object) -> None:
        if not self.said:
            self.said = True
            print(
                "Compiling the body model; this happens once and takes about 20 seconds.",
                file=sys.stderr,
                flush=True,
            )

    def on_end(self, event: object) -> None:
        pass


_ANNOUNCER = _Announcer()


@contextmanager
def announced() -> Iterator[None]:
    """Say so if what runs inside has to be compiled first."""
    with event.install_listener("numba:compile", _ANNOUNCER):
        yield
