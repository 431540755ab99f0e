"""S3 itself keeps the promises that its stand-in keeps. Credentials and region are those that the AWS SDK finds."""

import http.client
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest

from handoff.storage import Storage
from handoff.storage.s3 import S3Storage
from handoff.testing import StorageConformance
from handoff.testing.stores import Elsewhere, Fetch, Fetched
from tests.live.account import account

BUCKET = account("S3", "BUCKET")["BUCKET"]


class TestLiveS3(StorageConformance):
    @pytest.fixture
    def storage(self) -> S3Storage:
        return S3Storage(BUCKET)

    @pytest.fixture
    def gone(self) -> Storage:
        return S3Storage(f"handoff-no-such-bucket-{uuid4()}")

    @pytest.fixture
    def now(self) -> datetime:
        return datetime.now(UTC)

    @pytest.fixture
    def margin(self) -> timedelta:
        return timedelta(seconds=5)

    @pytest.fixture
    def secrets(self) -> list[str]:
        found = boto3.Session().get_credentials().get_frozen_credentials()
        return [secret for secret in (BUCKET, found.access_key, found.secret_key, found.token) if secret]

    @pytest.fixture
    def opened_elsewhere(self) -> Elsewhere:
        return Elsewhere("handoff.storage.s3:S3Storage", {"bucket": BUCKET})

    @pytest.fixture
    def fetch(self) -> Fetch:
        return fetched


def fetched(url: str, now: datetime, method: str) -> Fetched:
    """Whatever time it is to be: S3 has its own."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(kind(parts.netloc, timeout=30)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", headers={"Content-Length": "0"})
        response = connection.getresponse()
        return Fetched(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
