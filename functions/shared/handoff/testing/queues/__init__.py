"""What every queue does, by what it is about."""

from handoff.testing.queues.attempts import Attempts
from handoff.testing.queues.base import CREDENTIAL, CREDENTIAL_NAME, Scene, Signing
from handoff.testing.queues.delivering import Delivering
from handoff.testing.queues.honesty import Honesty
from handoff.testing.queues.reports import Reports
from handoff.testing.queues.secrecy import Secrecy
from handoff.testing.queues.signatures import NoSignatures, Signatures, SignedDeliveries

__all__ = [
    "CREDENTIAL",
    "CREDENTIAL_NAME",
    "FetchedQueueConformance",
    "QueueConformance",
    "Scene",
    "Signing",
]


class _Everywhere(Delivering, Attempts, Reports, Secrecy, Honesty):
    """What does not depend on how a delivery arrives."""


class QueueConformance(Signatures, SignedDeliveries, _Everywhere):
    """Every promise of a queue that calls. A provider's tests are this class with the fixtures of QueueFixtures."""


class FetchedQueueConformance(NoSignatures, _Everywhere):
    """Every promise of a queue whose messages are fetched: its provider cannot SIGNATURE, and its consumer calls."""
