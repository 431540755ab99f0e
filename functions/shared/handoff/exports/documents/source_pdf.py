"""The PDF at the configured source URL, passed on as it is."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from handoff.errors import JobFailedError
from handoff.exports.documents.base import Document, Rendering, Workshop

PDF_START = b"%PDF-"
"""ISO 32000-2, 7.5.2. Some readers look for it in the first 1024 bytes; what does not begin with it is refused here."""


class SourcePdf(Document):
    """Streams the source to storage, and refuses what does not begin as a PDF whatever type it claims."""

    title = "Reference document"

    @contextmanager
    def render(self, parameters: Mapping[str, Any], workshop: Workshop) -> Iterator[Rendering]:
        with workshop.open_source(workshop.time_left()) as source:
            yield Rendering(_only_a_pdf(source), workshop.source_file_name, "application/pdf")


def _only_a_pdf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    start = b""
    checked = False
    for chunk in chunks:
        if checked:
            yield chunk
            continue
        start += chunk
        if len(start) >= len(PDF_START):
            _check(start)
            checked = True
            yield start
    if not checked:
        _check(start)


def _check(start: bytes) -> None:
    if not start.startswith(PDF_START):
        raise JobFailedError("not_a_pdf", retryable=False)
