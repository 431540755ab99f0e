"""What a laptop has in place of each queue and store: one file a provider, chosen by the same setting."""

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


def queue_part(caller: Mapping[str, str]) -> Part:
    """The one that QUEUE_PROVIDER names in the caller's environment. Raises LocalError naming the known ones."""
    return _part("QUEUE_PROVIDER", caller.get("QUEUE_PROVIDER") or "qstash", QUEUES)


def store_part(caller: Mapping[str, str]) -> Part:
    """The one that STORAGE_PROVIDER names in the caller's environment. Raises LocalError naming the known ones."""
    return _part("STORAGE_PROVIDER", caller.get("STORAGE_PROVIDER") or "filesystem", STORES)


def _part(setting: str, name: str, known: Mapping[str, str]) -> Part:
    if name not in known:
        raise LocalError(f"{setting}={name}: a laptop has {', '.join(known)}.")
    module, _, attribute = known[name].partition(":")
    part: Part = getattr(import_module(module), attribute)()
    return part
