"""The store itself: what Azure is asked for each thing a store does."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from azure.storage.blob import BlobSasPermissions, ContainerClient, LinearRetry, generate_blob_sas

from handoff.storage.azure_blob.errors import translated
from handoff.storage.azure_blob.upload import Upload
from handoff.storage.base import CHUNK_BYTES, Capability, Storage, StoredStream
from handoff.storage.disposition import attachment
from handoff.storage.errors import FileAbsentError, RangeOutsideFileError, StorageUnavailableError

# The SDK asks for a range of this size at a time, and holds it.
RANGE_BYTES = 4 * 1024 * 1024

# The clock of whoever signs may be ahead of Azure's:
# https://learn.microsoft.com/azure/storage/common/storage-sas-overview#best-practices-when-using-sas
SKEW = timedelta(minutes=15)

_RANGE = re.compile(r"bytes[ =](\d+)-\d+.*")


class AzureBlobStorage(Storage):
    """Keeps files in a container. Each request is tried twice; a body that breaks off, three times.

    `connection_string` as the portal shows it, with AccountName and AccountKey: the key signs the URLs. ValueError for
    another, and for plain HTTP to anywhere but this machine.
    """

    cannot: ClassVar[Mapping[Capability, str]] = MappingProxyType(
        # The fields that are signed are listed; what is none of them does not count.
        {Capability.SEALED_QUERY: "https://learn.microsoft.com/rest/api/storageservices/create-service-sas"}
    )

    def __init__(
        self,
        connection_string: str,
        container: str,
        *,
        connect_timeout_seconds: float = 2,
        read_timeout_seconds: float = 5,
    ) -> None:
        try:
            self._container = ContainerClient.from_connection_string(
                connection_string,
                container,
                connection_timeout=connect_timeout_seconds,
                read_timeout=read_timeout_seconds,
                retry_policy=LinearRetry(backoff=1, random_jitter_range=1, retry_total=1),
                permit_redirects=False,
                max_single_get_size=RANGE_BYTES,
                max_chunk_get_size=RANGE_BYTES,
                raw_response_hook=_check,  # here: the one of a request is forgotten where a connection breaks
                http_logging_level=logging.DEBUG,  # it names container and key of each request
            )
            self._account = str(self._container.credential.account_name)
            self._key = str(self._container.credential.account_key)
        except (ValueError, AttributeError):
            raise ValueError("the connection string must have AccountName and AccountKey") from None
        self._protocol = _protocol(self._container.primary_endpoint)

    @contextmanager
    def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
        # Left by an error, nothing has to be undone: no block is part of a file before all are committed.
        upload = Upload(self._container.get_blob_client(key), content_type)
        yield upload.write
        upload.finish()

    @contextmanager
    def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
        try:
            found = self._get(key, start, end)
        except RangeOutsideFileError:
            if start > 0:
                raise
            found = self._get(key, 0, None)  # an empty file has no range that Azure accepts
        size = _size(found)
        if start >= size > 0:  # Azurite gives no byte of a range that starts at the very end, where Azure refuses it
            raise RangeOutsideFileError
        yield StoredStream(size, start, start + found.size, _chunks(found))

    def _size(self, key: str) -> int:
        with translated():
            return int(self._container.get_blob_client(key).get_blob_properties().size)

    def _delete(self, key: str) -> None:
        with translated():
            self._container.get_blob_client(key).delete_blob(delete_snapshots="include")

    def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        blob = self._container.get_blob_client(key)
        signature = generate_blob_sas(
            self._account,
            blob.container_name,
            key,
            account_key=self._key,
            permission=BlobSasPermissions(read=True),
            start=signed_at - SKEW,
            expiry=signed_at + timedelta(seconds=seconds),  # cut to seconds
            protocol=self._protocol,
            cache_control="private, no-store",
            content_disposition=attachment(filename),
            content_type=content_type,
        )
        return f"{blob.url}?{signature}"

    def _get(self, key: str, start: int, end: int | None) -> Any:
        # Without an offset the SDK knows what an empty file is.
        offset = None if (start, end) == (0, None) else start
        length = None if end is None else end - start
        with translated():
            blob = self._container.get_blob_client(key)
            return blob.download_blob(offset, length, max_concurrency=1)


def _protocol(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return "https"
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError("the connection string must have DefaultEndpointsProtocol=https")
    return "https,http"


def _size(found: Any) -> int:
    """The size of the whole file: the SDK's own `size` is that of what it was asked for."""
    return int(found.properties.content_range.rpartition("/")[2])


def _check(response: Any) -> None:
    """What the SDK leaves undone: it takes any range for the one that it asked for, and closes not every answer."""
    request, answer = response.http_request, response.http_response
    if answer.status_code >= 300 or answer.headers.get("Content-Length") == "0":
        answer.internal_response.content  # noqa: B018 (read to its end, so that its connection is free again)
    asked = _RANGE.fullmatch(request.headers.get("x-ms-range", ""))
    given = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if answer.status_code < 300 and asked and (given is None or asked[1] != given[1]):
        answer.internal_response.close()
        raise StorageUnavailableError("another range than asked for")


def _chunks(found: Any) -> Iterator[bytes]:
    ranges = iter(found.chunks())
    while True:
        try:
            with translated():
                held = memoryview(next(ranges, b""))
        except FileAbsentError as exc:  # deleted since
            raise StorageUnavailableError(exc.detail) from None
        if not held:
            break
        for place in range(0, len(held), CHUNK_BYTES):
            yield bytes(held[place : place + CHUNK_BYTES])
