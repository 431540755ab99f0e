"""Every error of a store.

StorageError
├── FileAbsentError           "absent": the store answered, and has no such file
├── StorageUnavailableError   "could not tell": it refused, timed out, broke, or is not there at all
├── RangeOutsideFileError
├── KeyRefusedError           also a ValueError
└── SignatureRefusedError
"""


class StorageError(Exception):
    """The store did not do what was asked.

    `detail` is the store's word for why, such as AccessDenied. No message holds a key, bucket, folder, host or
    signature; errors of the libraries below do, so they are never chained: `raise ... from None`.
    """

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        sentence = (type(self).__doc__ or "").partition("\n")[0]
        return f"{sentence} ({self.detail})" if self.detail else sentence


class FileAbsentError(StorageError):
    """The store has no such file."""


class StorageUnavailableError(StorageError):
    """The store could not be asked, so nothing is known of the file."""


class RangeOutsideFileError(StorageError):
    """The range starts past the end of the file."""


class KeyRefusedError(StorageError, ValueError):
    """The key is not one that every store can hold."""


class SignatureRefusedError(StorageError):
    """The signed URL does not hold, or holds no longer."""
