"""Files in an S3 bucket.

The bucket's own rules do the rest: block public access, and a lifecycle rule that ends incomplete uploads. To tell an
absent file from a forbidden one S3 wants s3:ListBucket beside s3:GetObject; without it every absent file is
StorageUnavailableError.
"""

from handoff.storage.s3.store import S3Storage

__all__ = ["S3Storage"]
