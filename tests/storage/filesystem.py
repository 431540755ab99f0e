"""What the suite needs of the store in a folder."""

from datetime import datetime
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from handoff.storage import SignatureRefusedError, Storage, attachment
from handoff.storage.filesystem import FilesystemStorage
from handoff.testing.stores import Elsewhere, Fetch, Fetched, read
from handoff.testing.stores.base import StoreFixtures

URL = "http://localhost:8000/storage"
SIGNING_KEY = "a signing key that is long enough"


class FilesystemFixtures(StoreFixtures):
    """A broken store takes the place of `opens`."""

    opens: ClassVar[type[FilesystemStorage]] = FilesystemStorage

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "some" / "folder"

    @pytest.fixture
    def storage(self, folder: Path) -> FilesystemStorage:
        return self.opens(folder, signing_key=SIGNING_KEY, url=URL + "/")

    @pytest.fixture
    def gone(self, tmp_path: Path) -> Storage:
        storage = self.opens(tmp_path / "gone", signing_key=SIGNING_KEY, url=URL + "/")
        (tmp_path / "gone").rename(tmp_path / "unmounted")
        return storage

    @pytest.fixture
    def secrets(self, tmp_path: Path) -> list[str]:
        return [str(tmp_path), SIGNING_KEY, URL]

    @pytest.fixture
    def opened_elsewhere(self, folder: Path) -> Elsewhere:
        arguments = {"folder": str(folder), "signing_key": SIGNING_KEY, "url": URL}
        return Elsewhere(f"{self.opens.__module__}:{self.opens.__qualname__}", arguments)

    @pytest.fixture
    def fetch(self, storage: FilesystemStorage) -> Fetch:
        """Answer as whoever serves the folder does."""

        def fetch(url: str, now: datetime, method: str) -> Fetched:
            assert url.startswith(URL + "/")
            parts = urlsplit(url.removeprefix(URL + "/"))
            query = parse_qsl(parts.query, keep_blank_values=True)
            try:
                if len(dict(query)) != len(query):
                    raise SignatureRefusedError
                signed = storage.verify_signed(unquote(parts.path), dict(query), now, method=method)
            except SignatureRefusedError:
                return Fetched(403, {}, b"")
            headers = {"content-type": signed.content_type, "content-disposition": attachment(signed.filename)}
            return Fetched(200, headers, read(storage, signed.key))

        return fetch
