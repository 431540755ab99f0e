"""The store itself: what S3 is asked for each thing a store does."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

# In the runtime of every AWS function, so not in the layer. The session alone: boto3 adds only load time to it.
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from handoff.storage.base import CHUNK_BYTES, Storage, StoredStream
from handoff.storage.disposition import attachment
from handoff.storage.errors import StorageUnavailableError
from handoff.storage.s3.errors import code, translated
from handoff.storage.s3.sigv4 import SigningCredentials, signed_get
from handoff.storage.s3.upload import Upload

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class S3Storage(Storage):
    """Keeps files in a bucket. Each request is tried twice.

    Credentials, and the region unless given, come from where botocore finds them. ValueError where it finds no region.
    """

    def __init__(
        self,
        bucket: str,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        connect_timeout_seconds: float = 2,
        read_timeout_seconds: float = 10,
    ) -> None:
        self._bucket = bucket
        self._session = Session()
        config = Config(
            connect_timeout=connect_timeout_seconds,
            read_timeout=read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": 2},
            signature_version="s3v4",
            # The region's own address: the global one redirects for a new bucket's first hours.
            s3={"addressing_style": "virtual"},
            # For a range, and for what went up in parts, there is no checksum to compare with.
            response_checksum_validation="when_required",
        )
        with translated():
            self._region = region or self._session.get_config_variable("region")
            self._client: Any = self._session.create_client(
                "s3", region_name=self._region, endpoint_url=endpoint_url, config=config
            )
        if not self._region:
            raise ValueError("the S3 store needs a region: set AWS_DEFAULT_REGION")

    @contextmanager
    def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
        upload = Upload(self._client, {"Bucket": self._bucket, "Key": key}, content_type)
        try:
            yield upload.write
            upload.finish()
        except BaseException:
            upload.abort()
            raise

    @contextmanager
    def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
        answer = self._get(key, start, end)
        try:
            yield _opened(answer, start, end)
        finally:
            answer["Body"].close()

    def _size(self, key: str) -> int:
        try:
            with translated():
                return int(self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"])
        except StorageUnavailableError as exc:
            if exc.detail != "404":
                raise
        # The answer to a HEAD has no body to say what is missing, the file or the bucket: that to a GET has.
        with self._reading(key, 0, None) as stream:
            return stream.size

    def _delete(self, key: str) -> None:
        with translated():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        place = {"Bucket": self._bucket, "Key": key}
        with translated():
            # The SDK knows where the object is, whatever the endpoint; its signature is at this machine's time.
            location = self._client.generate_presigned_url("get_object", Params=place).partition("?")[0]
            found = self._session.get_credentials().get_frozen_credentials()
        return signed_get(
            location,
            {
                "response-cache-control": "private, no-store",
                "response-content-disposition": attachment(filename),
                "response-content-type": content_type,
            },
            credentials=SigningCredentials(found.access_key, found.secret_key, found.token),
            region=self._region,
            signed_at=signed_at,
            seconds=seconds,
        )

    def _get(self, key: str, start: int, end: int | None) -> dict[str, Any]:
        # No Range for a whole file: an empty one has none that S3 accepts.
        ranged = {} if (start, end) == (0, None) else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        with translated():
            try:
                answer: dict[str, Any] = self._client.get_object(Bucket=self._bucket, Key=key, **ranged)
            except ClientError as exc:
                if start > 0 or code(exc) != "InvalidRange":
                    raise
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
        return answer


def _opened(answer: dict[str, Any], start: int, end: int | None) -> StoredStream:
    length = answer["ContentLength"]
    found = _CONTENT_RANGE.fullmatch(answer.get("ContentRange", ""))
    first, size = (int(found[1]), int(found[3])) if found else (0, length)
    if first != start or (end is not None and length > end - start):
        raise StorageUnavailableError("another range than asked for")
    return StoredStream(size, start, start + length, _chunks(answer["Body"]))


def _chunks(body: Any) -> Iterator[bytes]:
    while True:
        with translated():
            chunk: bytes = body.read(CHUNK_BYTES)
        if not chunk:
            break
        yield chunk
