"""Files in a folder, for a laptop and for one machine.

A signed URL is {url}/{key}?expires=...&filename=...&type=...&signature=...: whoever serves `url` asks `verify_signed`,
and answers GET and HEAD with what `open` gives.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from handoff.storage.base import CHUNK_BYTES, Storage, StoredStream
from handoff.storage.errors import FileAbsentError, RangeOutsideFileError, StorageUnavailableError
from handoff.storage.url_signer import SignedRead, UrlSigner

# No key holds an "@", so a file is never mistaken for a folder (keys "a" and "a/b" may both be), nor a part for a file.
_FILE_SUFFIX = "@"
_PARTS = "@parts"
_PART_SECONDS = 24 * 3600  # older parts are of a put whose process was killed


class FilesystemStorage(Storage):
    """Keeps files in a folder, which it creates.

    `signing_key` has at least 32 characters; `url` is where the folder is served. The content type of `put` is not
    kept: whoever reads says it.
    """

    def __init__(self, folder: str | Path, *, signing_key: str, url: str) -> None:
        self._folder = Path(folder).absolute()
        self._parts = self._folder / _PARTS
        self._signer = UrlSigner(signing_key, url)
        with self._translated():
            self._parts.mkdir(parents=True, exist_ok=True)
            self._remove_old_parts()

    def verify_signed(
        self, path_key: str, query: Mapping[str, str], now: datetime, *, method: str = "GET"
    ) -> SignedRead:
        """Return what a signed URL allows now, or raise SignatureRefusedError.

        `path_key` is what follows `url` and its slash, `query` the decoded parameters: exactly the four, each once.
        """
        return self._signer.verify(path_key, query, now, method)

    @contextmanager
    def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
        with self._translated():
            part = NamedTemporaryFile(dir=self._parts, delete=False)  # noqa: SIM115 (closed below)

        def write(chunk: bytes) -> None:
            with self._translated():
                part.write(chunk)

        try:
            yield write
            with self._translated():
                part.flush()
                os.fsync(part.fileno())
                path = self._path(key)
                path.parent.mkdir(parents=True, exist_ok=True)
                Path(part.name).replace(path)
                _sync_folder(path.parent)
        finally:
            with suppress(OSError):
                part.close()
            with suppress(OSError):
                Path(part.name).unlink()

    @contextmanager
    def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
        with self._translated():
            file = self._path(key).open("rb")
        with file:
            with self._translated():
                size = os.fstat(file.fileno()).st_size
                file.seek(start)
            if start >= size and start > 0:
                raise RangeOutsideFileError
            stop = size if end is None else min(end, size)
            yield StoredStream(size, start, stop, self._chunks(file, stop - start))

    def _chunks(self, file: BinaryIO, length: int) -> Iterator[bytes]:
        while length > 0:
            with self._translated():
                chunk = file.read(min(CHUNK_BYTES, length))
            if not chunk:
                break
            length -= len(chunk)
            yield chunk

    def _size(self, key: str) -> int:
        with self._translated():
            return self._path(key).stat().st_size

    def _delete(self, key: str) -> None:
        with self._translated():
            self._path(key).unlink()

    def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        return self._signer.sign(key, signed_at, seconds, filename, content_type)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_FILE_SUFFIX}"

    def _remove_old_parts(self) -> None:
        for part in self._parts.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - part.stat().st_mtime > _PART_SECONDS:
                    part.unlink()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            # A folder that is gone, or not mounted, says nothing of its files.
            absent = isinstance(exc, FileNotFoundError) and self._parts.is_dir()
            raise (FileAbsentError() if absent else StorageUnavailableError(exc.strerror or "")) from None


def _sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlive a power cut (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
