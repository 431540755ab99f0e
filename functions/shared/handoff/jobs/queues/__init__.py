"""The queue providers, by the name that QUEUE_PROVIDER gives them. Imported on use."""

from importlib import import_module

from handoff.jobs.queues.base import Queue

PROVIDERS = {
    "qstash": "handoff.jobs.queues.qstash:QStashQueue",
    "sqs": "handoff.jobs.queues.sqs:SqsQueue",
    "trigger_dev": "handoff.jobs.queues.trigger_dev:TriggerDevQueue",
    "memory": "handoff.jobs.queues.memory:MemoryQueue",
}


def provider(name: str) -> type[Queue]:
    """The provider's class. Raises ValueError naming the known ones."""
    if name not in PROVIDERS:
        raise ValueError(f"no queue provider {name!r}: choose one of {', '.join(PROVIDERS)}")
    module, _, attribute = PROVIDERS[name].partition(":")
    found: type[Queue] = getattr(import_module(module), attribute)
    return found
