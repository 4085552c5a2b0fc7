"""A line on stderr while the kernels compile, which happens once on a machine: numba keeps the result on
disk."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0  # seconds; a call that takes longer is compiling


@contextmanager
def announced() -> Iterator[None]:
    """Say so if what runs inside takes long enough to be a first compilation."""
    timer = threading.Timer(
        PATIENCE,
        lambda: print(
            "Compiling the body model; this happens once and takes about 20 seconds.",
            file=sys.stderr,
            flush=True,
        ),
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
