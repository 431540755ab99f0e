"""One object on its way up."""

from contextlib import suppress
from typing import Any

from handoff.storage.errors import StorageError
from handoff.storage.s3.errors import translated

PART_BYTES = 8 * 1024 * 1024  # S3 wants 5 MiB at least; one part at a time is in memory

# S3 verifies it, and refuses parts with a checksum that the upload was not announced with; the SDK by itself gives each
# part one but does not announce it (botocore 1.44).
_CHECKSUM = {"ChecksumAlgorithm": "CRC32"}


class Upload:
    """One object on its way up: in one request when it fits into a part, else part by part."""

    def __init__(self, client: Any, place: dict[str, str], content_type: str) -> None:
        self._client = client
        self._place = place
        self._content_type = content_type
        self._waiting = bytearray()
        self._upload: dict[str, str] | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, chunk: bytes) -> None:
        self._waiting += chunk
        while len(self._waiting) > PART_BYTES:
            self._send(bytes(memoryview(self._waiting)[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    def finish(self) -> None:
        if self._upload is None:
            with translated():
                self._client.put_object(
                    **self._place, **_CHECKSUM, Body=bytes(self._waiting), ContentType=self._content_type
                )
        else:
            self._send(bytes(self._waiting))
            with translated():
                self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})

    def abort(self) -> None:
        if self._upload is not None:
            # The bucket's lifecycle rule ends what this cannot.
            with suppress(StorageError), translated():
                self._client.abort_multipart_upload(**self._upload)

    def _send(self, part: bytes) -> None:
        with translated():
            if self._upload is None:
                started = self._client.create_multipart_upload(
                    **self._place, **_CHECKSUM, ContentType=self._content_type
                )
                self._upload = {**self._place, "UploadId": started["UploadId"]}
            number = len(self._parts) + 1
            answer = self._client.upload_part(**self._upload, **_CHECKSUM, PartNumber=number, Body=part)
        kept = {name: answer[name] for name in ("ETag", "ChecksumCRC32") if name in answer}
        self._parts.append({**kept, "PartNumber": number})
