"""A line on stderr when the kernels compile, which happens once on a machine: numba keeps the result on
disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from numba.core import event


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
