"""The settings of the functions on a laptop: what template.yaml and Secrets Manager give them on AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handoff.settings import SETTINGS, load_settings
from infra.local.identity import settings_of as settings_of_identity
from infra.local.parts import image_part, queue_part, store_part
from infra.local.parts.base import Surroundings
from infra.local.state import ROOT

# What the caller's own environment may set. Never the database: somebody may have exported another project's.
TUNABLE = tuple(
    name
    for name, setting in SETTINGS.items()
    if setting.default is not None
    and not name.endswith(("_PROVIDER", "_URL"))
    and name not in ("DATABASE_LISTEN", "SOURCE_LOOPBACK", "OPENAI_IMAGE_LOOPBACK", "OIDC_ISSUER")
    and not name.startswith("ORIGIN_")  # no CloudFront is in front of it
)
ANOTHER_SOURCE = ("SOURCE_URL",)
ANOTHER_QUEUE = ("QUEUE_PROVIDER", "SQS_QUEUE_URL", "SQS_DEAD_LETTER_QUEUE_URL")  # see parts/
ANOTHER_STORE = ("STORAGE_PROVIDER", "FILE_BUCKET", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_CONTAINER")  # see parts/
ANOTHER_IMAGE_PROVIDER = ("IMAGE_PROVIDER", "OPENAI_API_URL", "OPENAI_API_KEY")  # see parts/
ANOTHER_ISSUER = tuple(name for name in SETTINGS if name.startswith("OIDC_"))
WHO_MAY = ("ALLOWED_EMAIL_DOMAINS",)
OF_AWS = ("FILE_BUCKET", "SQS_QUEUE_URL")
# A process needs these from the machine to run at all.
FROM_MACHINE = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True)
class Addresses:
    """URLs of the parts of one stack. All but the first three are of local servers, where there are such."""

    page: str
    delivery: str
    database: str
    queue: str
    source: str
    store: str = ""
    images: str = ""
    identity: str = ""


def make_settings(
    addresses: Addresses, keys: Mapping[str, str], files: Path, caller: Mapping[str, str], pdf: Path | None = None
) -> dict[str, str]:
    """Every setting that any function needs, by name.

    caller: the environment of whoever started the stack. pdf: the file they want exported. Raises LocalError.
    """

    def around(url: str) -> Surroundings:
        return Surroundings(url, addresses.page, files, keys)

    queue = queue_part(caller).settings(around(addresses.queue), caller)
    store = store_part(caller).settings(around(addresses.store), caller)
    # Who asks is checked by the caller's own account alone, so it has the last word.
    first, second = (store, queue) if caller.get("SQS_QUEUE_URL") else (queue, store)
    values = {
        "DATABASE_URL": addresses.database,
        "DATABASE_LISTEN": "true",
        "PUBLIC_URL": addresses.page,
        "DELIVERY_URL": addresses.delivery,
        "LINK_KEYS": keys["link_keys"],
        "SESSION_KEYS": keys["session_keys"],
        "SOURCE_URL": addresses.source,
        "SOURCE_LOOPBACK": "" if has_own_source(caller) else addresses.source.split("/")[2],
        "WAIT_MAX_SECONDS": "20",
        "CALL_HISTORY": "on",
        "CALL_WEBHOOK_SECRETS": keys["call_webhook_secret"],
        "TWILIO_AUTH_TOKENS": keys["twilio_auth_token"],
        **first,
        **second,
        **image_part(caller).settings(around(addresses.images), caller),
        **(settings_of_identity(addresses.identity) if addresses.identity else {}),
    }
    if pdf is not None:
        # The name of a file is bytes; those that are no text are shown as such.
        values["SOURCE_FILE_NAME"] = os.fsencode(pdf.name).decode("utf-8", "replace")
    taken = (
        TUNABLE
        + WHO_MAY
        + (ANOTHER_ISSUER if has_own_issuer(caller) else ())
        + (ANOTHER_SOURCE if has_own_source(caller) else ())
    )
    return values | {name: caller[name] for name in taken if caller.get(name)}


def not_used(caller: Mapping[str, str], settings: Mapping[str, str]) -> list[str]:
    """Settings that the caller's environment has and that have no say here, such as those of another provider's."""
    return [name for name in SETTINGS if caller.get(name) and settings.get(name) != caller[name]]


def has_own_issuer(caller: Mapping[str, str]) -> bool:
    return bool(caller.get("OIDC_ISSUER"))


def has_own_source(caller: Mapping[str, str]) -> bool:
    return bool(caller.get("SOURCE_URL"))


def function_environment(function: str, settings: Mapping[str, str], machine: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a function's process: its settings, and nothing else of ours."""
    return {
        **{name: machine[name] for name in FROM_MACHINE if name in machine},
        **settings_of(function, settings),
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
        "PYTHONPATH": str(ROOT / "functions" / "shared"),
        # As on Lambda: a line of the log is there as soon as it is written.
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


def check_settings(functions: list[str], settings: Mapping[str, str]) -> None:
    """Raises handoff's SettingError, naming what is wrong, before anything is started."""
    for function in functions:
        load_settings(function, settings_of(function, settings))


def settings_of(function: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Those that it needs. What the AWS SDK reads goes with what it leads to."""
    at_aws = [name for name in OF_AWS if name in settings and function in SETTINGS[name].functions]
    return {
        name: value
        for name, value in settings.items()
        if (at_aws if name.startswith("AWS_") else SETTINGS[name].needed_by(function, settings))
    }
