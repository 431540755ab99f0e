"""Where files are, nobody is told."""

import logging
from contextlib import suppress
from datetime import datetime

import pytest

from handoff.storage import Storage, StorageError
from handoff.testing.stores.base import OPERATIONS, PDF, Fetch, StoreFixtures


class Secrecy(StoreFixtures):
    """Where files are, nobody is told."""

    def test_no_error_says_where_the_file_would_be(
        self, storage: Storage, gone: Storage, key: str, secrets: list[str]
    ) -> None:
        for store in (storage, gone):
            for operation in ("open", "stat"):
                with pytest.raises(StorageError) as caught:
                    OPERATIONS[operation](store, key)
                said = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
                assert caught.value.__suppress_context__ or caught.value.__context__ is None
                assert not [secret for secret in [key, *secrets] if secret in said]

    def test_nothing_is_logged_that_would_lead_to_a_file(
        self,
        storage: Storage,
        gone: Storage,
        key: str,
        secrets: list[str],
        fetch: Fetch,
        now: datetime,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """What a library says below INFO is for whoever turns that on, on a machine of their own."""
        caplog.set_level(logging.INFO)
        for store in (storage, gone):
            for operation in ("put", "open", "stat", "signed_url", "delete"):
                with suppress(StorageError):
                    OPERATIONS[operation](store, key)
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, now, 15, "a.pdf", PDF)
        fetch(url, now, "GET")
        assert not [said for said in [key, url, *secrets] if said in caplog.text]
