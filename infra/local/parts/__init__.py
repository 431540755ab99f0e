"""What a laptop has in place of each queue, store and image provider: a file for each, chosen by the same setting."""

from collections.abc import Mapping
from importlib import import_module

from infra.local.errors import LocalError
from infra.local.parts.base import Part

QUEUES = {
    "qstash": "infra.local.parts.qstash:LocalQStash",
    "trigger_dev": "infra.local.parts.trigger_dev:LocalTriggerDev",
    "sqs": "infra.local.parts.sqs:LocalSqs",
}
STORES = {
    "filesystem": "infra.local.parts.filesystem:LocalFolder",
    "s3": "infra.local.parts.s3:LocalS3",
    "azure_blob": "infra.local.parts.azure_blob:LocalAzureBlob",
}
IMAGE_PROVIDERS = {
    "none": "infra.local.parts.no_images:NoImages",
    "openai": "infra.local.parts.openai:LocalOpenAI",
}


def queue_part(caller: Mapping[str, str]) -> Part:
    """The one that QUEUE_PROVIDER names in the caller's environment. Raises LocalError naming the known ones."""
    return _part("QUEUE_PROVIDER", caller.get("QUEUE_PROVIDER") or "qstash", QUEUES)


def store_part(caller: Mapping[str, str]) -> Part:
    """The one that STORAGE_PROVIDER names in the caller's environment. Raises LocalError naming the known ones."""
    return _part("STORAGE_PROVIDER", caller.get("STORAGE_PROVIDER") or "filesystem", STORES)


def image_part(caller: Mapping[str, str]) -> Part:
    """The one that IMAGE_PROVIDER names in the caller's environment. Raises LocalError naming the known ones.

    Without a choice it is the mock, unless the queue is elsewhere: that cannot call what is on this machine.
    """
    elsewhere = (caller.get("QSTASH_URL") or caller.get("TRIGGER_URL")) and not caller.get("OPENAI_API_URL")
    if elsewhere and caller.get("IMAGE_PROVIDER") == "openai":
        raise LocalError("A queue elsewhere cannot call the mock: set OPENAI_API_URL and OPENAI_API_KEY too.")
    default = "none" if elsewhere else "openai"
    return _part("IMAGE_PROVIDER", caller.get("IMAGE_PROVIDER") or default, IMAGE_PROVIDERS)


def _part(setting: str, name: str, known: Mapping[str, str]) -> Part:
    if name not in known:
        raise LocalError(f"{setting}={name}: a laptop has {', '.join(known)}.")
    module, _, attribute = known[name].partition(":")
    part: Part = getattr(import_module(module), attribute)()
    return part
