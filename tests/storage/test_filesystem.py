"""The store in a folder."""

import os
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from handoff.storage import (
    FileAbsentError,
    SignatureRefusedError,
    StorageUnavailableError,
)
from handoff.storage.filesystem import FilesystemStorage
from handoff.testing.stores import PDF, SIGNED_AT, StorageConformance
from tests.storage.filesystem import SIGNING_KEY, URL, FilesystemFixtures


def opened(folder: Path, *, signing_key: str = SIGNING_KEY) -> FilesystemStorage:
    return FilesystemStorage(folder, signing_key=signing_key, url=URL + "/")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some" / "folder"


class TestFilesystemStorage(FilesystemFixtures, StorageConformance):
    """All of them."""


def test_a_signing_key_under_32_characters_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        opened(folder, signing_key="x" * 31)
    assert not folder.exists()


def test_a_url_signed_with_another_key_is_refused(folder: Path) -> None:
    url = opened(folder, signing_key="another key that is long enough.").signed_url("a", SIGNED_AT, 15, "a.pdf", PDF)
    with pytest.raises(SignatureRefusedError):
        opened(folder).verify_signed("a", dict(parse_qsl(urlsplit(url).query)), SIGNED_AT)


def test_a_signed_url_allows_head_too_and_says_what_it_allows(folder: Path) -> None:
    storage = opened(folder)
    query = dict(parse_qsl(urlsplit(storage.signed_url("a/b", SIGNED_AT, 15, "ä&=.pdf", PDF)).query))
    read = storage.verify_signed("a/b", query, SIGNED_AT, method="HEAD")
    assert (read.key, read.filename, read.content_type) == ("a/b", "ä&=.pdf", PDF)


@pytest.mark.parametrize("bad", ["\udcff", "", "é", "1" * 5000])
@pytest.mark.parametrize("name", ["expires", "filename", "type", "signature", "key"])
def test_no_parameter_can_make_verification_fail_otherwise(name: str, bad: str, folder: Path) -> None:
    storage = opened(folder)
    query = dict(parse_qsl(urlsplit(storage.signed_url("a", SIGNED_AT, 15, "a.pdf", PDF)).query))
    key = bad if name == "key" else "a"
    changed = query if name == "key" else {**query, name: bad}
    with pytest.raises(SignatureRefusedError):
        storage.verify_signed(key, changed, SIGNED_AT)


def test_parts_of_a_signed_url_cannot_be_shifted_into_each_other(folder: Path) -> None:
    storage = opened(folder)
    query = dict(parse_qsl(urlsplit(storage.signed_url("a", SIGNED_AT, 15, "x&type=text/html", PDF)).query))
    with pytest.raises(SignatureRefusedError):
        storage.verify_signed("a", {**query, "filename": "x", "type": "text/html&type=application/pdf"}, SIGNED_AT)


def test_a_signed_url_ends_to_the_millisecond(folder: Path) -> None:
    storage = opened(folder)
    query = dict(parse_qsl(urlsplit(storage.signed_url("a", SIGNED_AT, 15, "a.pdf", PDF)).query))
    ends = SIGNED_AT + timedelta(seconds=15)
    storage.verify_signed("a", query, ends - timedelta(milliseconds=1))
    with pytest.raises(SignatureRefusedError):
        storage.verify_signed("a", query, ends)


def test_a_full_disk_is_unavailable_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = opened(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailableError, match="No space left on device"):
        storage.put("a", [b"x"], PDF)
    with pytest.raises(FileAbsentError):
        storage.stat("a")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_file_is_on_the_disk_before_it_has_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, synced = opened(folder), []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_size, (folder / "a@").exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    storage.put("a", [b"x" * 100], PDF)
    assert [synced[0], synced[1][1]] == [(100, False), True]


def test_a_file_cut_short_while_it_is_read_is_unavailable(folder: Path) -> None:
    storage = opened(folder)
    storage.put("a", [bytes(10**6)], PDF)
    with storage.open("a") as stream:
        os.truncate(folder / "a@", 10)
        with pytest.raises(StorageUnavailableError):
            list(stream)


def test_a_reader_finishes_what_is_replaced_or_deleted_meanwhile(folder: Path) -> None:
    storage = opened(folder)
    storage.put("a", [bytes(10**6)], PDF)
    with storage.open("a") as stream:
        storage.put("a", [b"other"], PDF)
        storage.delete("a")
        assert b"".join(stream) == bytes(10**6)


def test_what_a_killed_process_left_is_removed_a_day_later(folder: Path) -> None:
    opened(folder)
    old, new = folder / "@parts" / "old", folder / "@parts" / "new"
    for part in (old, new):
        part.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    opened(folder)
    assert (old.exists(), new.exists()) == (False, True)
