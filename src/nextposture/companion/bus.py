"""D-Bus, as little of it as the companion needs: calls, properties and signals."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Literal

Heard = Callable[[str, list[Any]], None]
"""Called with the object path and the arguments of a signal."""

Asked = Callable[[str], dict[str, tuple[str, Any]] | None]
"""Called with the method that was called on an object of ours, or with "" for its properties."""

TIMEOUT_S = 5.0


class BusError(Exception):
    """The bus, or who was called, is not there, refused, or did not answer in time."""


class Bus:
    """A connection to the session or the system bus."""

    def __init__(self, message_bus: Any, which: str) -> None:
        self._bus = message_bus
        self.which = which
        self._heard: dict[tuple[str, str], list[Heard]] = {}
        self._asked: dict[str, tuple[str, Asked]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._bus.add_message_handler(self._dispatch)

    @classmethod
    async def connect(cls, which: Literal["session", "system"]) -> Bus:
        """Connect. Raises BusError where there is no bus, or no library for it."""
        try:
            from dbus_fast import BusType
            from dbus_fast.aio import MessageBus
        except ImportError as error:
            raise BusError("dbus-fast is not installed: pip install nextposture[desktop]") from error
        kind = BusType.SESSION if which == "session" else BusType.SYSTEM
        try:
            return cls(await asyncio.wait_for(MessageBus(bus_type=kind).connect(), TIMEOUT_S), which)
        except Exception as error:  # the library raises whatever it met: no address, no socket, no login
            raise BusError(f"no {which} bus ({type(error).__name__})") from error

    async def call(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        arguments: list[Any] | None = None,
    ) -> list[Any]:
        """Call a method and return what it answers. Raises BusError."""
        from dbus_fast import Message, MessageType

        message = Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=arguments or [],
        )
        try:
            answer = await asyncio.wait_for(self._bus.call(message), TIMEOUT_S)
        except (TimeoutError, EOFError, OSError) as error:
            raise BusError(f"{name} does not answer") from error
        if answer is None or answer.message_type is MessageType.ERROR:
            raise BusError(f"{name}: {answer.error_name if answer else 'no answer'}")
        return list(answer.body)

    async def get(self, name: str, path: str, interface: str, member: str) -> Any:
        """A property's value. Raises BusError."""
        answer = await self.call(
            name, path, "org.freedesktop.DBus.Properties", "Get", "ss", [interface, member]
        )
        return answer[0].value

    async def has(self, name: str) -> bool:
        """Whether someone owns that name now."""
        return bool((await self._daemon("NameHasOwner", "s", [name]))[0])

    async def owner(self, name: str) -> str:
        """Who owns that name now: the bus and the connection, which no later one shares. Raises BusError."""
        (bus,), (connection,) = (
            await self._daemon("GetId", "", []),
            await self._daemon("GetNameOwner", "s", [name]),
        )
        return f"{bus}{connection}"

    async def on_signal(self, interface: str, member: str, heard: Heard) -> None:
        """Call `heard` for each such signal from now on."""
        await self._daemon("AddMatch", "s", [f"type='signal',interface='{interface}',member='{member}'"])
        self._heard.setdefault((interface, member), []).append(heard)

    async def own(self, name: str) -> None:
        """Take a name on the bus. Raises BusError if another has it."""
        do_not_queue = 4
        if (await self._daemon("RequestName", "su", [name, do_not_queue]))[0] not in (1, 4):
            raise BusError(f"{name} is taken")

    def answer(self, path: str, interface: str, asked: Asked) -> None:
        """Answer calls to an object of ours: its properties, and methods that return nothing."""
        self._asked[path] = (interface, asked)

    def signal(
        self, path: str, interface: str, member: str, signature: str = "", arguments: list[Any] | None = None
    ) -> None:
        """Send a signal from an object of ours."""
        from dbus_fast import Message

        self.later(self._send(Message.new_signal(path, interface, member, signature, arguments or [])))

    async def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError, EOFError):
            await self._bus.send(message)

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something on the bus when this is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def gone(self) -> None:
        """Return when the connection is lost."""
        with contextlib.suppress(Exception):  # it raises whatever broke the connection
            await self._bus.wait_for_disconnect()

    def close(self) -> None:
        """Disconnect."""
        self._bus.disconnect()

    async def _daemon(self, member: str, signature: str, arguments: list[Any]) -> list[Any]:
        name = "org.freedesktop.DBus"
        return await self.call(name, "/org/freedesktop/DBus", name, member, signature, arguments)

    def _dispatch(self, message: Any) -> Any:
        from dbus_fast import MessageType

        if message.message_type is MessageType.METHOD_CALL:
            return self._reply(message)
        for heard in self._heard.get((message.interface, message.member), ()):
            heard(message.path, list(message.body))
        return None

    def _reply(self, call: Any) -> Any:
        """The answer to a call of an object of ours; None leaves it to the library."""
        if call.path not in self._asked:
            return None
        from dbus_fast import Message, Variant

        interface, asked = self._asked[call.path]
        if call.interface == interface:
            asked(call.member)
            return Message.new_method_return(call)
        if call.interface != "org.freedesktop.DBus.Properties":
            return None
        values = asked("")
        told = {name: Variant(*value) for name, value in (values or {}).items()}
        if call.member == "GetAll":
            return Message.new_method_return(call, "a{sv}", [told])
        if call.member == "Get" and call.body[1] in told:
            return Message.new_method_return(call, "v", [told[call.body[1]]])
        return Message.new_error(call, "org.freedesktop.DBus.Error.InvalidArgs", "no such property")
