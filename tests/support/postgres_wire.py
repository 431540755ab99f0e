"""Messages as Postgres and its clients send them, read from a socket.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import socket
import struct


def untyped_message(sock: socket.socket) -> bytes:
    length = exactly(sock, 4)
    return length + exactly(sock, struct.unpack("!I", length)[0] - 4)


def message(sock: socket.socket) -> tuple[bytes, bytes]:
    kind = exactly(sock, 1)
    return kind, kind + untyped_message(sock)


def exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
