"""What a picture is, told by its bytes, whatever its sender claims; and whether all of it is there."""

from collections.abc import Iterable, Iterator

from handoff.errors import JobFailedError

START_BYTES = 16
"""As many as tell the type."""


def content_type(start: bytes) -> str | None:
    """Of the first START_BYTES; None where it is no picture of a type that is kept.

    https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
    """
    if start[:4] == b"RIFF" and start[8:14] == b"WEBPVP":
        return "image/webp"
    if start[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if start[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    return None


def whole(chunks: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """The chunks as they come. Raises JobFailedError after the last one if the picture ends before its own end."""
    size, head, tail = 0, b"", b""
    for chunk in chunks:
        size += len(chunk)
        head = (head + chunk)[:START_BYTES] if len(head) < START_BYTES else head
        tail = (tail + chunk)[-START_BYTES:]
        yield chunk
    if not _ends(kind, size, head, tail):
        raise JobFailedError("answer_truncated", retryable=False)


def _ends(kind: str, size: int, head: bytes, tail: bytes) -> bool:
    match kind:
        case "image/webp":  # https://developers.google.com/speed/webp/docs/riff_container#webp_file_header
            return size >= int.from_bytes(head[4:8], "little") + 8
        case "image/png":  # https://www.w3.org/TR/png-3/#11IEND
            return tail[-8:-4] == b"IEND"
        case _:  # https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1.3: EOI, which some writers pad
            return b"\xff\xd9" in tail
