"""A keep that forgets its oldest items, so that the process stays small however long it runs."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Bounded(Generic[Item]):
    """Items by id, oldest first, at most `count` of them and `size` bytes in all."""

    def __init__(self, count: int, size: int) -> None:
        self._count, self._limit = count, size
        self._items: OrderedDict[str, tuple[Item, int]] = OrderedDict()
        self._size = 0

    def put(self, key: str, item: Item, size: int) -> None:
        """Keep `item`, `size` bytes large, forgetting the oldest until there is room."""
        self.take(key)
        while self._items and not self.fits(size):
            _, (_, freed) = self._items.popitem(last=False)
            self._size -= freed
        self._items[key] = (item, size)
        self._size += size

    def fits(self, size: int, count: int = 1) -> bool:
        """Whether `count` more items, of `size` bytes in all, go in with nothing forgotten."""
        return len(self._items) + count <= self._count and self._size + size <= self._limit

    def get(self, key: str) -> Item | None:
        """The item, or None."""
        kept = self._items.get(key)
        return kept[0] if kept else None

    def take(self, key: str) -> Item | None:
        """Remove and give the item, or None."""
        kept = self._items.pop(key, None)
        if kept is None:
            return None
        self._size -= kept[1]
        return kept[0]

    def __iter__(self) -> Iterator[Item]:
        return iter([item for item, _ in self._items.values()])

    def __len__(self) -> int:
        return len(self._items)
