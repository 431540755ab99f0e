"""Keys mean the same in every store."""

import pytest

from handoff.storage import KeyRefusedError, Storage
from handoff.testing.stores.base import OPERATIONS, PDF, StoreFixtures, read

ODD_KEYS = [
    "",
    "/",
    "a/",
    "/a",
    "a//b",
    "..",
    "../x",
    "a/../b",
    "a/./b",
    ".hidden",
    "a/.hidden",
    "a\0b",
    "a\nb",
    "a b",
    "a\\b",
    "a:b",
    "a?b",
    "a#b",
    "a%2e",
    "a+b",
    "a@",
    "~",
    "A",
    "é",
    "a\u202eb",
    "😀",
    "\udcff",
    "a" * 201,
    "/".join(["a" * 100] * 6),
    "a/" * 512 + "a",
    "a\n",
]


class Keys(StoreFixtures):
    """Keys mean the same in every store."""

    @pytest.mark.parametrize("odd", ODD_KEYS)
    def test_an_odd_key_is_refused_before_the_store_is_asked(self, odd: str, gone: Storage) -> None:
        for operation in OPERATIONS.values():
            with pytest.raises(KeyRefusedError):
                operation(gone, odd)

    @pytest.mark.parametrize("plain", ["a", "0", "-", "_", "a..b", "a.pdf", "a/b-c_d.e/0", "/".join(["b" * 127] * 4)])
    def test_a_plain_key_is_taken(self, plain: str, storage: Storage) -> None:
        storage.put(plain, [b"x"], PDF)
        assert read(storage, plain) == b"x"
        storage.delete(plain)

    def test_one_key_may_begin_like_another(self, storage: Storage, key: str) -> None:
        keys = [f"{key}/b/c", key, f"{key}/b", f"{key}/b.file", f"{key}/bb"]
        for each in keys:
            storage.put(each, [each.encode()], PDF)
        storage.delete(f"{key}/b")
        assert [read(storage, each) for each in keys if each != f"{key}/b"] == [
            each.encode() for each in keys if each != f"{key}/b"
        ]
