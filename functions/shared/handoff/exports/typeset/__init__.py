"""A PDF from a Typst template and data, made in a process of its own.

Typst cannot be interrupted, and keeps what it has made until its process ends. A process of its own is ended when the
attempt's time is over, has a bound on its memory, and gives all of it back. The data is JSON beside the template, never
a part of its text, so nothing has to be escaped: https://typst.app/docs/reference/data-loading/json/
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGABRT
from threading import Event, Timer
from typing import Any

from handoff.errors import JobFailedError

CHILD = Path(__file__).with_name("child.py")
MEMORY_BYTES = 800 * 1024 * 1024
"""What a function of 1024 MB can spare. Linux holds to it; elsewhere it may be exceeded."""
CHUNK_BYTES = 64 * 1024


@contextmanager
def typeset(template: Path, data: Mapping[str, Any], *, made_at: int, seconds: float) -> Iterator[Iterator[bytes]]:
    """The PDF's chunks, PDF/UA-1: made within so many seconds.

    `data` is the template's `json(bytes(sys.inputs.data))`; `made_at` is the time in the file, in seconds since 1970.
    Raises JobFailedError (typeset_timeout, typeset_too_large), and RuntimeError for a template that is wrong.
    """
    command = [sys.executable, "-IBS", str(CHILD), str(MEMORY_BYTES), str(template), str(made_at), *sys.path]
    process = subprocess.Popen(  # noqa: S603 - nothing of it is anybody's input
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        try:
            yield _chunks(process, json.dumps(data).encode(), seconds)
        finally:
            process.kill()


def _chunks(process: "subprocess.Popen[bytes]", data: bytes, seconds: float) -> Iterator[bytes]:
    assert process.stdout
    assert process.stderr
    is_late = Event()

    def end() -> None:
        is_late.set()
        process.kill()

    timer = Timer(max(0.0, seconds), end)
    timer.start()
    try:
        _tell(process, data)
        # Nothing comes before all of it is made: a PDF says at its end where everything is.
        while chunk := process.stdout.read(CHUNK_BYTES):
            yield chunk
        said = process.stderr.read().decode(errors="replace")
        status = process.wait()
    finally:
        timer.cancel()
    if status == 0:
        return
    if is_late.is_set():
        raise JobFailedError("typeset_timeout", retryable=True)
    if _was_for_memory(status, said):
        raise JobFailedError("typeset_too_large", retryable=False)
    raise RuntimeError(f"typesetting ended with {status}: {said}")


def _tell(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    assert process.stdin
    with suppress(BrokenPipeError):  # it has ended: its status says why
        process.stdin.write(data)
        process.stdin.close()


def _was_for_memory(status: int, said: str) -> bool:
    """How Rust ends, and Python, when there is no more: https://doc.rust-lang.org/std/alloc/fn.handle_alloc_error.html"""
    return (status == -SIGABRT and "memory allocation of" in said) or "MemoryError" in said
