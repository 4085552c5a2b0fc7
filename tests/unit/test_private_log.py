"""The log keeps the kind and the place of a failure, never the value that it failed on."""

from __future__ import annotations

import asyncio
import logging

import pytest

from nextposture.site.private_log import PrivateFormatter

CANARY = "canary-8861"


def entry(record: logging.LogRecord) -> str:
    return PrivateFormatter().format(record)


def test_message_of_an_exception_is_left_out() -> None:
    try:
        int(CANARY)
    except ValueError as error:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Failed: %s", ("/page",), None)
        record.exc_info = (type(error), error, error.__traceback__)
    told = entry(record)
    assert "Failed: /page" in told
    assert "builtins.ValueError" in told
    assert "test_private_log.py" in told
    assert CANARY not in told


def test_exception_text_that_another_handler_left_is_not_reused() -> None:
    record = logging.LogRecord("django", logging.ERROR, "", 0, "Failed", (), None)
    record.exc_text = f"ValueError: {CANARY}"
    assert CANARY not in entry(record)


def test_stack_and_lines_below_the_first_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    async def lose_an_exception() -> None:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "Lost", "exception": ValueError(CANARY), "future": CANARY})

    asyncio.run(lose_an_exception())
    (record,) = caplog.records
    assert CANARY in record.getMessage()
    told = entry(record)
    assert "Lost" in told
    assert CANARY not in told
