"""Who tells of calls. A new carrier is one file here with a Carrier in it, and one line below. Imported on use."""

from importlib import import_module

from handoff.calls.carriers.base import Carrier

CARRIERS = {
    "generic": "handoff.calls.carriers.generic:Generic",
    "twilio": "handoff.calls.carriers.twilio:Twilio",
}


def carrier_class(name: str) -> type[Carrier]:
    """The carrier of that name."""
    module, _, attribute = CARRIERS[name].partition(":")
    found: type[Carrier] = getattr(import_module(module), attribute)
    return found
