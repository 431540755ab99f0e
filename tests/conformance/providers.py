"""Every provider, and the tests that hold it to the promises."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """A provider and what it is held by: a class of the suite, in a module of tests."""

    kind: str
    """queues or stores"""
    name: str
    """As QUEUE_PROVIDER or STORAGE_PROVIDER has it."""
    module: str
    suite: str


HELD = (
    Held("queues", "qstash", "tests.conformance.test_qstash", "TestQStashQueue"),
    Held("queues", "trigger_dev", "tests.trigger_dev.test_trigger_dev_conformance", "TestTriggerDev"),
    Held("queues", "sqs", "tests.sqs.test_sqs_conformance", "TestSqs"),
    Held("queues", "memory", "tests.conformance.test_memory", "TestMemoryQueue"),
    Held("stores", "s3", "tests.storage.test_s3", "TestS3Storage"),
    Held("stores", "azure_blob", "tests.storage.test_azure_blob", "TestAzureBlobStorage"),
    Held("stores", "filesystem", "tests.storage.test_filesystem", "TestFilesystemStorage"),
)
