"""The addresses at which a phone on the same network can reach this computer."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, ip_address

# Nothing is sent there: a datagram socket only asks the routing table which of our addresses it would use.
_ASKED = ("192.168.255.255", "10.255.255.255", "172.31.255.255")


def local_addresses() -> tuple[str, ...]:
    """This computer's IPv4 addresses in private networks, the likeliest first; empty without a network."""
    found = [_own_address_towards(host) for host in _ASKED]
    with suppress(OSError):  # a host that does not know its own name still has its routes
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(one for one in found if one is not None and _in_private_network(one)))


def _own_address_towards(host: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((host, 9))
        except OSError:
            return None
        return str(asking.getsockname()[0])


def _in_private_network(address: str) -> bool:
    one = ip_address(address)
    return (
        isinstance(one, IPv4Address)
        and one.is_private
        and not (one.is_loopback or one.is_link_local or one.is_unspecified)
    )
