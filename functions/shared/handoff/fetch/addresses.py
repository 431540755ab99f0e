"""Which machines may be connected to: those on the public internet, every address of a host alike."""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, SimpleQueue

from handoff.fetch.outcomes import FetchError
from handoff.fetch.target import Target

# Host and port to addresses; raises OSError where there are none.
Resolver = Callable[[str, int], Sequence[str]]

# https://www.iana.org/assignments/iana-ipv4-special-registry, read 2025-11; written out, since what `ipaddress` calls
# global differs between Python versions and holds multicast.
_NOT_PUBLIC_V4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's virtual host, in public space
            "169.254.0.0/16",  # link-local; metadata of AWS, Azure and Google
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# https://www.iana.org/assignments/ipv6-unicast-address-assignments: of IPv6 only global unicast is public. That alone
# leaves out ::, ::1, v4-mapped and v4-compatible, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique local (AWS's metadata
# fd00:ec2::254 among them), link-local and multicast.
_GLOBAL_UNICAST_V6 = ip_network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def checked_addresses(target: Target, resolve: Resolver, seconds: float) -> list[str]:
    """Resolve a host once and return its addresses, if every one of them may be connected to.

    Raises FetchError: source_unresolvable, source_timeout, source_refused.
    """
    found = [target.host] if _is_literal(target.host) else _resolve_within(seconds, resolve, target)
    if not found:
        raise FetchError("source_unresolvable")
    try:
        addresses = [ip_address(address) for address in found]
    except ValueError:
        raise FetchError("source_refused") from None
    if not all(address.is_loopback if target.loopback else is_public(address) for address in addresses):
        raise FetchError("source_refused")
    return [str(address) for address in addresses]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is that of one machine on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    else:
        return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses, each once, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(socket_address[0]) for *_, socket_address in found))


def _resolve_within(seconds: float, resolve: Resolver, target: Target) -> Sequence[str]:
    # getaddrinfo takes no timeout, and its own can be half a minute: a thread asks, and is left behind when late.
    answer: SimpleQueue[Sequence[str]] = SimpleQueue()
    threading.Thread(target=_answer, args=(answer, resolve, target), daemon=True).start()
    try:
        return answer.get(timeout=max(seconds, 0))
    except Empty:
        raise FetchError("source_timeout") from None


def _answer(answer: SimpleQueue[Sequence[str]], resolve: Resolver, target: Target) -> None:
    try:
        answer.put(resolve(target.host, target.port))
    except (OSError, UnicodeError):
        answer.put(())


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    else:
        return True
