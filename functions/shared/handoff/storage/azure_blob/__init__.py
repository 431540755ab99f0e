"""Files in a container of Azure Blob Storage.

The account's own rules do the rest: no anonymous access, and neither versioning nor soft delete, which keep what was
deleted. Blocks of an upload that was broken off are never part of a file, and Azure drops them after a week:
https://learn.microsoft.com/rest/api/storageservices/put-block#remarks
"""

from handoff.storage.azure_blob.store import AzureBlobStorage

__all__ = ["AzureBlobStorage"]
