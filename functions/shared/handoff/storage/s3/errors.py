"""The SDK's errors, in the words of a store."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from handoff.storage.errors import FileAbsentError, RangeOutsideFileError, StorageError, StorageUnavailableError

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; any other says nothing of the file.
_ERRORS: dict[str, type[StorageError]] = {"NoSuchKey": FileAbsentError, "InvalidRange": RangeOutsideFileError}


@contextmanager
def translated() -> Iterator[None]:
    """Turn the SDK's errors into a store's."""
    # Not chained: the library's messages name bucket, key and host.
    try:
        yield
    except ClientError as exc:
        raise _ERRORS.get(code(exc), StorageUnavailableError)(code(exc)) from None
    except (BotoCoreError, HTTPError, OSError) as exc:
        raise StorageUnavailableError(type(exc).__name__) from None


def code(error: ClientError) -> str:
    """Return S3's name for an error; its status for an answer without a body."""
    return str(error.response.get("Error", {}).get("Code", ""))
