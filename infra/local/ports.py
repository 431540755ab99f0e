"""Ports on this machine."""

from __future__ import annotations

import socket

from infra.local.errors import PortTakenError

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A listening socket; 0 takes any free port. Raises PortTakenError."""
    listener = socket.socket()
    # A port whose last connection has just closed is free; one that somebody listens on is not (unlike on Windows).
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTakenError(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}") from error
    return listener


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody listens there, else any that is free."""
    try:
        with listen(preferred) as listener:
            port: int = listener.getsockname()[1]
            return port
    except PortTakenError:
        return free_port()


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0
