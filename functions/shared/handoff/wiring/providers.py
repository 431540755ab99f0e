"""What each queue, store and carrier is made of: a line for each of its arguments, from the settings."""

from collections.abc import Callable, Mapping
from typing import Any

from handoff.settings import Settings

Arguments = dict[str, Any]


def queue_arguments(name: str, settings: Settings, function: str) -> Arguments:
    """The arguments of that provider's class, for the function that asks."""
    return QUEUES[name](settings, function)


def storage_arguments(name: str, settings: Settings) -> Arguments:
    """The arguments of that provider's class."""
    return STORES[name](settings)


def image_arguments(name: str, settings: Settings) -> Arguments:
    """The arguments of that provider's class; whoever only takes answers needs none."""
    return IMAGES[name](settings)


def credentials(settings: Settings) -> dict[str, str]:
    """Of the image providers whose calls this function makes, or has made: by the names that messages use."""
    return {name: settings[setting] for name, setting in CREDENTIALS.items() if setting in settings}


def carriers(settings: Settings) -> dict[str, Any]:
    """The carriers that have a secret, by name."""
    from handoff.calls.carriers import carrier_class

    if settings["CALL_HISTORY"] == "off":
        return {}
    made = {}
    for name, secrets in SECRETS_OF_CARRIERS.items():
        if settings[secrets]:
            # Either is how the world reaches us, and both are configured: a request's own Host is never asked.
            urls = [f"{settings[base]}/events/{name}" for base in ("PUBLIC_URL", "DELIVERY_URL")]
            made[name] = carrier_class(name)(settings[secrets], urls)
    return made


def _qstash(settings: Settings, function: str) -> Arguments:
    # Who publishes cannot verify, and who verifies cannot publish: neither has the other's keys. But where there are
    # images, callback has what calls a message back, for a call that need not be tried again.
    keys: Arguments = {}
    if function == "callback":
        keys = {"signing_keys": (settings["QSTASH_CURRENT_SIGNING_KEY"], settings["QSTASH_NEXT_SIGNING_KEY"])}
    if "QSTASH_TOKEN" not in settings:
        return keys
    sending = {"url": settings["QSTASH_URL"], "token": settings["QSTASH_TOKEN"], "credentials": credentials(settings)}
    return {**keys, **sending}


def _sqs(settings: Settings, function: str) -> Arguments:
    if function == "callback":
        return {}  # SQS calls nobody, so callback believes nobody
    if function == "consume":
        return {"url": settings["SQS_QUEUE_URL"], "dead_letter_url": settings["SQS_DEAD_LETTER_QUEUE_URL"]}
    return {"url": settings["SQS_QUEUE_URL"]}


def _trigger_dev(settings: Settings, function: str) -> Arguments:
    # As with QStash.
    keys = {"signing_keys": settings["TRIGGER_SIGNING_KEYS"]} if function == "callback" else {}
    if "TRIGGER_SECRET_KEY" not in settings:
        return keys
    return {**keys, "url": settings["TRIGGER_URL"], "secret_key": settings["TRIGGER_SECRET_KEY"]}


def _filesystem(settings: Settings) -> Arguments:
    return {
        "folder": settings["STORAGE_FOLDER"],
        "signing_key": settings["STORAGE_SIGNING_KEY"],
        "url": settings["STORAGE_URL"],
    }


def _s3(settings: Settings) -> Arguments:
    return {"bucket": settings["FILE_BUCKET"]}


def _azure_blob(settings: Settings) -> Arguments:
    return {
        "connection_string": settings["AZURE_STORAGE_CONNECTION_STRING"],
        "container": settings["AZURE_CONTAINER"],
    }


def _openai(settings: Settings) -> Arguments:
    if "OPENAI_API_URL" not in settings:
        return {}
    return {"url": settings["OPENAI_API_URL"], "model": settings["OPENAI_MODEL"]}


IMAGES: Mapping[str, Callable[[Settings], Arguments]] = {
    "openai": _openai,
}
CREDENTIALS: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
}
"""Settings, by the names under which messages ask for them."""
QUEUES: Mapping[str, Callable[[Settings, str], Arguments]] = {
    "qstash": _qstash,
    "sqs": _sqs,
    "trigger_dev": _trigger_dev,
}
STORES: Mapping[str, Callable[[Settings], Arguments]] = {
    "filesystem": _filesystem,
    "s3": _s3,
    "azure_blob": _azure_blob,
}
SECRETS_OF_CARRIERS: Mapping[str, str] = {
    "generic": "CALL_WEBHOOK_SECRETS",
    "twilio": "TWILIO_AUTH_TOKENS",
}
