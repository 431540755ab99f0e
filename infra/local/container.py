"""One container of one function, as Lambda would run it: imports the module, then handles one event at a time.

    python -m infra.local.container functions/trigger/app.py --socket FD

FD is a stream socket to the gateway. A frame is four bytes of length (big-endian), one byte of kind, and a JSON body:

    to us    EVENT   {"event": ..., "context": what Context takes}
    from us  READY   {}, once the module is imported
             RESULT  what the handler returned
             ERROR   {"errorMessage", "errorType", "stackTrace"}, as Lambda has it; before READY: the import failed

The process ends when its standard input does, which the gateway holds open, and when FD is closed. Its output is the
function's log. Standard library only: everything imported here is time added to a cold start.
"""

import importlib
import io
import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVENT, READY, RESULT, ERROR = b"e", b"r", b"R", b"E"
HEADER = 5
# So much less of the processor than the gateway, the queue and Postgres, each of which all containers need.
POLITENESS = 5

Handler = Callable[[Any, "Context"], Any]


def main(arguments: list[str]) -> int:
    module, option, descriptor = arguments
    assert option == "--socket", __doc__
    keep_lines_whole()
    os.nice(POLITENESS)
    threading.Thread(target=exit_at_end_of_input, daemon=True).start()
    with socket.socket(fileno=int(descriptor)) as gateway:
        try:
            handler = load(Path(module))
        except BaseException as error:
            send(gateway, ERROR, encode(describe(error, "init")))
            return 1
        send(gateway, READY, b"{}")
        while (frame := receive(gateway)) is not None:
            send(gateway, *invoke(handler, frame))
    return 0


def keep_lines_whole() -> None:
    """A function's containers share one log, and print() writes a line and its end one after the other: without a
    buffer for the line, another container's may come between. Still there as soon as it has ended.
    """
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(line_buffering=True, write_through=False)


def load(module: Path) -> Handler:
    """The attribute `handler` of a module, imported as Lambda does: by its bare name, its folder first in the path."""
    sys.path.insert(0, str(module.parent.resolve()))
    handler: Handler = importlib.import_module(module.stem).handler
    return handler


def invoke(handler: Handler, frame: bytes) -> tuple[bytes, bytes]:
    """The kind and body of the answer to one event. A result that is not JSON is an error, as on Lambda."""
    work = json.loads(frame)
    context = Context(**work["context"])
    try:
        return RESULT, encode(handler(work["event"], context))
    except Exception as error:
        return ERROR, encode(describe(error, context.aws_request_id))


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_version = "$LATEST"
    identity = client_context = None

    def __init__(
        self,
        aws_request_id: str,
        deadline_ms: int,
        function_name: str,
        memory_limit_in_mb: str,
        invoked_function_arn: str,
    ) -> None:
        self.aws_request_id = aws_request_id
        self.function_name = function_name
        self.memory_limit_in_mb = memory_limit_in_mb
        self.invoked_function_arn = invoked_function_arn
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = f"local/[$LATEST]{os.getpid()}"
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))


def describe(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error as Lambda returns it; also written to the log, which is the only place where anybody sees it."""
    body = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    print(json.dumps({"level": "ERROR", "requestId": request_id, **body}), file=sys.stderr, flush=True)
    return body


def encode(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def send(gateway: socket.socket, kind: bytes, body: bytes) -> None:
    gateway.sendall(len(body).to_bytes(4, "big") + kind + body)


def receive(gateway: socket.socket) -> bytes | None:
    """The body of the next event; None once the gateway has closed its end."""
    header = receive_exactly(gateway, HEADER)
    return None if header is None else receive_exactly(gateway, int.from_bytes(header[:4], "big"))


def receive_exactly(gateway: socket.socket, count: int) -> bytes | None:
    chunks = bytearray()
    while len(chunks) < count:
        chunk = gateway.recv(count - len(chunks))
        if not chunk:
            return None
        chunks += chunk
    return bytes(chunks)


def exit_at_end_of_input() -> None:
    """Even in the middle of an event: nobody waits for its answer any more."""
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
