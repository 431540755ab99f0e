"""What each queue gave up on, for whoever runs it: one file a queue, chosen by the same setting as the queue."""

from collections.abc import Mapping
from importlib import import_module

from infra.local.dead_letters.base import DeadLetters
from infra.local.errors import LocalError

QUEUES = {
    "qstash": "infra.local.dead_letters.qstash:QStashDeadLetters",
    "trigger_dev": "infra.local.dead_letters.trigger_dev:TriggerDevDeadLetters",
    "sqs": "infra.local.dead_letters.sqs:SqsDeadLetters",
}


def dead_letters(settings: Mapping[str, str]) -> DeadLetters:
    """Those of the queue that QUEUE_PROVIDER names. Raises LocalError, naming what is missing or known."""
    name = settings.get("QUEUE_PROVIDER") or "qstash"
    if name not in QUEUES:
        raise LocalError(f"QUEUE_PROVIDER={name}: known are {', '.join(QUEUES)}.")
    module, _, attribute = QUEUES[name].partition(":")
    queue = getattr(import_module(module), attribute)
    if missing := [setting for setting in queue.needs if not settings.get(setting)]:
        raise LocalError(f"QUEUE_PROVIDER={name} needs {', '.join(missing)}.")
    found: DeadLetters = queue(settings)
    return found
