"""A port that cannot be had is told apart by what can be done about it."""

import errno
import os
import socket

import pytest

from infra.local.errors import PortError, PortTakenError
from infra.local.ports import free_port, listen


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The system's answer to everybody who wants a port: a test need not be without rights, nor have the port taken."""
    number: int = request.param

    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "bind", refuse)


@pytest.mark.parametrize("refusal", [errno.EADDRINUSE], indirect=True)
@pytest.mark.usefixtures("refusal")
def test_a_taken_port_suggests_the_next_and_the_last_one_any() -> None:
    with pytest.raises(PortTakenError, match=r"^Port 8000 is taken\. Choose another one, for example PORT=8001\.$"):
        listen(8000)
    with pytest.raises(PortTakenError, match=r"^Port 65535 is taken\. Choose .* example PORT=0, any that is free\.$"):
        listen(65535)


@pytest.mark.parametrize("refusal", [errno.EACCES], indirect=True)
@pytest.mark.usefixtures("refusal")
def test_a_port_for_which_rights_are_missing_is_not_called_taken() -> None:
    with pytest.raises(PortError, match=r"^Port 80 is kept for the system's own services here\. Choose one above 1023"):
        listen(80)


@pytest.mark.parametrize("refusal", [errno.EADDRNOTAVAIL], indirect=True)
@pytest.mark.usefixtures("refusal")
def test_what_else_the_system_says_is_passed_on() -> None:
    with pytest.raises(PortError, match=f"^Cannot listen on port 8000: {os.strerror(errno.EADDRNOTAVAIL)}"):
        listen(8000)


def test_a_number_beyond_the_last_port_is_no_port() -> None:
    with pytest.raises(PortError, match=r"^There is no port 65536: the last one is 65535\.$"):
        listen(65536)


def test_a_preferred_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
