"""The page: the files of frontend/ into the bucket that CloudFront reads, each with the type that a laptop gives it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import DeployError
from infra.local.gateway.static import CONTENT_TYPES

ALWAYS_FRESH = "no-cache"
"""Browsers and CloudFront ask whether it is still the same each time: an old script never meets a new page."""


def upload(s3: Any, folder: Path, bucket: str) -> list[str]:
    """Put every file there, the page itself after what it needs, and remove what is no longer in the folder.

    Answers with the keys that are there now. Raises DeployError.
    """
    files = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if is_of_page(path, folder)
    }
    if "index.html" not in files:
        raise DeployError(f"{folder} has no index.html.")
    try:
        for key in sorted(files, key=lambda key: (key.endswith(".html"), key)):
            content_type = CONTENT_TYPES[files[key].suffix]
            body = files[key].read_bytes()
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, CacheControl=ALWAYS_FRESH)
        for key in stored(s3, bucket):
            if key not in files:
                s3.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"the page was not uploaded whole: {error} Once more, or make deploy-page.") from error
    return list(files)


def refresh(cloudfront: Any, distribution: str) -> None:
    """Make CloudFront forget what it has of the page, at once rather than when it next asks. Raises DeployError."""
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": uuid4().hex}
    try:
        cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"the page is uploaded, but CloudFront was not told: {error}") from error


def is_of_page(path: Path, folder: Path) -> bool:
    """A file with a type we know that is not hidden: what a laptop serves."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden and path.suffix in CONTENT_TYPES


def stored(s3: Any, bucket: str) -> Iterator[str]:
    for found in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (each["Key"] for each in found.get("Contents", []))
