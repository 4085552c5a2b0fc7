"""Logging that cannot tell what a person answered.

An exception's message may quote the value that it choked on, so what is kept of an exception is its type and
where it was raised. Of a message only the first line is kept: asyncio puts the repr of what failed on the
lines below it.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrivateFormatter(logging.Formatter):
    """Time, level, logger, first line of the message; for an exception its type and the places passed."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One entry, with nothing in it that came from a request but its path."""
        told = logging.makeLogRecord(record.__dict__)
        told.msg, told.args, told.exc_text = record.getMessage().partition("\n")[0], None, None
        return super().format(told)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802
        """The exception's type and the places it came through, never its message."""
        kind, _, trace = ei
        places = [
            f"  {place.filename}:{place.lineno} in {place.name}" for place in traceback.extract_tb(trace)
        ]
        name = f"{kind.__module__}.{kind.__qualname__}" if kind else "no exception"
        return "\n".join([*places, f"  {name} (its message is left out: it may quote an answer)"])


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"private": {"()": PrivateFormatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "private"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django gives its own loggers other handlers; everything goes through ours instead.
    "loggers": {"django": {"handlers": [], "level": "WARNING", "propagate": True}},
}
"""For Django's LOGGING setting: everything to stderr, through the formatter above; no file, no access log."""
