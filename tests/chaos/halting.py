"""A source that can stop in the middle of its document."""

import threading
from http.server import BaseHTTPRequestHandler

from tests.support.servers import Source, send


class HaltingSource(Source):
    def __init__(self) -> None:
        super().__init__()
        self.halted = threading.Event()
        """Half of the document is out, and the rest waits for `go_on`."""
        self._halts = False
        self._goes_on = threading.Event()

    def halt_once(self) -> None:
        """The next document comes by half."""
        self._halts = True
        self.halted.clear()
        self._goes_on.clear()

    def go_on(self) -> None:
        self._halts = False
        self._goes_on.set()

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        if not self._halts:
            super().respond(handler)
            return
        self._halts = False
        half = len(self.body) // 2
        send(handler, 200, self.body[:half], **{**self.headers, "Content-Length": str(len(self.body))})
        self.halted.set()
        self._goes_on.wait()
        handler.wfile.write(self.body[half:])
