"""Where files are kept. Usable on its own: it needs no database and nothing else of Handoff.

storage = provider("filesystem")("files", signing_key="32 characters or more of your own", url="http://localhost:8000/storage")
storage.put("exports/1", [b"..."], "application/pdf")
"""

from importlib import import_module

from handoff.storage.base import Capability, Storage, StoredFile, StoredStream
from handoff.storage.disposition import attachment
from handoff.storage.errors import (
    FileAbsentError,
    KeyRefusedError,
    RangeOutsideFileError,
    SignatureRefusedError,
    StorageError,
    StorageUnavailableError,
)

# Imported on use: S3's library takes longer to load than a download takes to answer.
PROVIDERS: dict[str, str] = {
    "filesystem": "handoff.storage.filesystem:FilesystemStorage",
    "s3": "handoff.storage.s3:S3Storage",
    "azure_blob": "handoff.storage.azure_blob:AzureBlobStorage",
}

__all__ = [
    "PROVIDERS",
    "Capability",
    "FileAbsentError",
    "KeyRefusedError",
    "RangeOutsideFileError",
    "SignatureRefusedError",
    "Storage",
    "StorageError",
    "StorageUnavailableError",
    "StoredFile",
    "StoredStream",
    "attachment",
    "provider",
]


def provider(name: str) -> type[Storage]:
    """Return the class of a provider; ValueError for an unknown name."""
    if name not in PROVIDERS:
        raise ValueError(f"there is no storage provider {name!r}, only {', '.join(PROVIDERS)}")
    module, _, class_name = PROVIDERS[name].partition(":")
    found: type[Storage] = getattr(import_module(module), class_name)
    return found
