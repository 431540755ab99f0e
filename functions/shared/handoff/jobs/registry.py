"""The job types, by name. A new one is a file with a Job in it and a line here. Imported on use."""

from importlib import import_module
from typing import Any

JOB_TYPES = {
    "produce_export": "handoff.exports.produce:ProduceExport",
    "record_call_event": "handoff.calls.record:RecordCallEvent",
}


def job_class(name: str) -> Any:
    """The Job class of that name."""
    module, _, attribute = JOB_TYPES[name].partition(":")
    return getattr(import_module(module), attribute)
