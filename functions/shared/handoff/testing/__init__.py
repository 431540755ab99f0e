"""What a queue, a store or an image provider promises, as tests for whoever writes one.

    from handoff.testing import QueueConformance, StorageConformance

    class TestMyStorage(StorageConformance):
        @pytest.fixture
        def storage(self): ...

A provider's tests are such a class with its fixtures filled in: those of stores.base.StoreFixtures,
queues.base.QueueFixtures or images.ImageProviderFixtures, each with what it has to give in its docstring. One that is
not filled in fails. What the vendor cannot express is a line of the provider's `cannot`; the suite then asks that it is
done without, not pretended. A queue whose messages are fetched, and that signs nothing therefore, has
FetchedQueueConformance. Time that can be moved is a fixture `clock`; see clock.Clock.

Needs the packages of the extra `testing` (pytest, hypothesis), and is in no Lambda layer.
"""

import pytest

# Before they are imported: an assertion that fails shall say what it compared.
pytest.register_assert_rewrite("handoff.testing.stores", "handoff.testing.queues", "handoff.testing.images")

from handoff.testing.images import ImageProviderConformance  # noqa: E402
from handoff.testing.queues import FetchedQueueConformance, QueueConformance  # noqa: E402
from handoff.testing.stores import StorageConformance  # noqa: E402

__all__ = ["FetchedQueueConformance", "ImageProviderConformance", "QueueConformance", "StorageConformance"]
