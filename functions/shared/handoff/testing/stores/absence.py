""" "Absent" and "could not tell" are two things, and a file is gone once it was deleted."""

import pytest

from handoff.storage import FileAbsentError, Storage, StorageUnavailableError
from handoff.testing.stores.base import OPERATIONS, PDF, StoreFixtures, read


class Absence(StoreFixtures):
    """ "Absent" and "could not tell" are two things, and a file is gone once it was deleted."""

    def test_a_file_that_is_not_there_is_absent(self, storage: Storage, key: str) -> None:
        for start in (0, 5):
            with pytest.raises(FileAbsentError):
                read(storage, key, start)
        with pytest.raises(FileAbsentError):
            storage.stat(key)

    def test_deleting_twice_is_as_good_as_once(self, storage: Storage, key: str) -> None:
        storage.delete(key)
        storage.put(key, [b"x"], PDF)
        storage.delete(key)
        storage.delete(key)
        with pytest.raises(FileAbsentError):
            storage.stat(key)

    @pytest.mark.parametrize("operation", ["put", "open", "stat", "delete"])
    def test_of_a_store_that_is_not_there_nothing_can_be_told(self, operation: str, gone: Storage, key: str) -> None:
        with pytest.raises(StorageUnavailableError):
            OPERATIONS[operation](gone, key)
