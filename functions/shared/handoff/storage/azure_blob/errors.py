"""The SDK's errors, in the words of a store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from azure.core.exceptions import AzureError, HttpResponseError

from handoff.storage.errors import FileAbsentError, RangeOutsideFileError, StorageError, StorageUnavailableError

# https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes; any other says nothing of the file:
# ContainerNotFound has the same status as BlobNotFound.
_ERRORS: dict[str, type[StorageError]] = {"BlobNotFound": FileAbsentError, "InvalidRange": RangeOutsideFileError}

_CODE = re.compile(r"[A-Za-z0-9]{1,64}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the SDK's errors into a store's."""
    # Not chained: the library's messages name container, key and host.
    try:
        yield
    except HttpResponseError as exc:
        raise _ERRORS.get(code(exc), StorageUnavailableError)(code(exc)) from None
    # The last two are what the SDK has for an answer whose headers are not what it expects.
    except (AzureError, OSError, ValueError, LookupError) as exc:
        if isinstance(exc, StorageError):
            raise
        raise StorageUnavailableError(type(exc).__name__) from None


def code(error: HttpResponseError) -> str:
    """Return Azure's name for an error; its status, or what became of it, for an answer that says none."""
    said = getattr(error, "error_code", None)
    name = str(said.value if isinstance(said, Enum) else said or "")
    return name if _CODE.fullmatch(name) else str(error.status_code or type(error).__name__)
