"""Ports on this machine, and the names that lead to them."""

from __future__ import annotations

import errno
import ipaddress
import random
import socket

from infra.local.errors import PortError, PortTakenError

HOST = "127.0.0.1"
# Below those the kernel gives to outgoing connections: a server that is started again must find its port free.
OURS = range(20_000, 30_000)
LAST = 65_535


def listen(port: int) -> socket.socket:
    """A listening socket; 0 takes any free port. Raises PortError."""
    # asyncio turns off Nagle's algorithm, which costs 40 ms an answer, only where it is told that this is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A port whose last connection has just closed is free; one that somebody listens on is not (unlike on Windows).
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise explain(port, error) from error
    return listener


def explain(port: int, error: OSError | OverflowError) -> PortError:
    """What to do about a port that could not be had."""
    if isinstance(error, OverflowError):
        return PortError(f"There is no port {port}: the last one is {LAST}.")
    if error.errno == errno.EADDRINUSE:
        another = f"PORT={port + 1}" if port < LAST else "PORT=0, any that is free"
        return PortTakenError(f"Port {port} is taken. Choose another one, for example {another}.")
    if error.errno == errno.EACCES:
        return PortError(f"Port {port} is kept for the system's own services here. Choose one above 1023.")
    return PortError(f"Cannot listen on port {port}: {error.strerror}.")


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody listens there, else any that is free."""
    for port in (preferred, *(random.choice(OURS) for _ in range(100))):  # noqa: S311 (not a secret)
        if port and is_free(port):
            return port
    raise PortTakenError("No port is free.")


def is_free(port: int) -> bool:
    try:
        listen(port).close()
    except PortError:
        return False
    return True


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def leads_nowhere_else(host: str) -> bool:
    """Whether a Host header is localhost or an address. Any other name could lead here for a page that is asked for
    under it, and whose scripts could then read what we answer (DNS rebinding)."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    try:
        return name.lower() == "localhost" or bool(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return False
