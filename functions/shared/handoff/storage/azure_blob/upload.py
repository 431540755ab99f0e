"""One blob on its way up."""

from uuid import uuid4

from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

from handoff.storage.azure_blob.errors import translated

BLOCK_BYTES = 8 * 1024 * 1024  # one block at a time is in memory; a blob has 50,000 at most


class Upload:
    """One blob on its way up: in one request when it fits into a block, else block by block.

    Its blocks have names of their own, so what two uploads of one key send is never mixed: the first one that is
    committed drops the other's, whose end is then an error.
    https://learn.microsoft.com/rest/api/storageservices/put-block-list#remarks
    """

    def __init__(self, blob: BlobClient, content_type: str) -> None:
        self._blob = blob
        self._settings = ContentSettings(content_type=content_type)
        self._waiting = bytearray()
        self._attempt = uuid4().hex
        self._blocks: list[BlobBlock] = []

    def write(self, chunk: bytes) -> None:
        self._waiting += chunk
        while len(self._waiting) > BLOCK_BYTES:
            self._send(bytes(memoryview(self._waiting)[:BLOCK_BYTES]))
            del self._waiting[:BLOCK_BYTES]

    def finish(self) -> None:
        """Each request carries a checksum (MD5, the one that the service verifies without a further package)."""
        if not self._blocks:
            with translated():
                self._blob.upload_blob(
                    bytes(self._waiting), overwrite=True, content_settings=self._settings, validate_content=True
                )
        else:
            self._send(bytes(self._waiting))
            with translated():
                self._blob.commit_block_list(self._blocks, content_settings=self._settings)

    def _send(self, block: bytes) -> None:
        # All names of a blob's blocks must be equally long.
        name = f"{self._attempt}-{len(self._blocks):05}"
        with translated():
            self._blob.stage_block(name, block, length=len(block), validate_content=True)
        self._blocks.append(BlobBlock(name))
