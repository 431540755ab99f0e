"""The settings of the functions on a laptop: what template.yaml and Secrets Manager give them on AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handoff.settings import SETTINGS, load_settings
from infra.local import qstash, s3
from infra.local.errors import LocalError
from infra.local.state import ROOT

# What the caller's own environment may set. Never the database: somebody may have exported another project's.
TUNABLE = tuple(
    name
    for name, setting in SETTINGS.items()
    if setting.default is not None
    and not name.endswith(("_PROVIDER", "_URL"))
    and name not in ("DATABASE_LISTEN", "SOURCE_LOOPBACK")
)
# These make sense together only: another queue needs its own token, and must be told where to deliver.
ANOTHER_QUEUE = ("QSTASH_URL", "QSTASH_TOKEN", "QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY", "DELIVERY_URL")
ANOTHER_SOURCE = ("SOURCE_URL",)
ANOTHER_STORE = ("STORAGE_PROVIDER", "FILE_BUCKET")
# A process needs these from the machine to run at all.
FROM_MACHINE = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True)
class Addresses:
    """URLs of the parts of one stack. queue, source, store: the local ones; store is that of an S3."""

    page: str
    delivery: str
    database: str
    queue: str
    source: str
    store: str = ""


def make_settings(
    addresses: Addresses, keys: Mapping[str, str], files: Path, caller: Mapping[str, str], pdf: Path | None = None
) -> dict[str, str]:
    """Every setting that any function needs, by name.

    caller: the environment of whoever started the stack. pdf: the file they want exported. Raises LocalError.
    """
    values = {
        "DATABASE_URL": addresses.database,
        "DATABASE_LISTEN": "true",
        "PUBLIC_URL": addresses.page,
        "DELIVERY_URL": addresses.delivery,
        "QUEUE_PROVIDER": "qstash",
        "QSTASH_URL": addresses.queue,
        "QSTASH_TOKEN": qstash.DEVELOPMENT_TOKEN,
        "QSTASH_CURRENT_SIGNING_KEY": qstash.DEVELOPMENT_CURRENT_SIGNING_KEY,
        "QSTASH_NEXT_SIGNING_KEY": qstash.DEVELOPMENT_NEXT_SIGNING_KEY,
        "STORAGE_PROVIDER": "filesystem",
        "STORAGE_FOLDER": str(files),
        "STORAGE_URL": f"{addresses.page}/storage",
        "STORAGE_SIGNING_KEY": keys["storage_signing_key"],
        "LINK_KEYS": keys["link_keys"],
        "SESSION_KEYS": keys["session_keys"],
        "SOURCE_URL": addresses.source,
        "SOURCE_LOOPBACK": "" if has_own_source(caller) else addresses.source.split("/")[2],
        "WAIT_MAX_SECONDS": "20",
    }
    if keeps_in_s3(caller):
        values |= {"STORAGE_PROVIDER": "s3", **s3_access(addresses, caller)}
    if has_own_queue(caller) and (missing := [name for name in ANOTHER_QUEUE if not caller.get(name)]):
        raise LocalError(f"QSTASH_URL names another queue, so {', '.join(missing)} must be set too. See the README.")
    if pdf is not None:
        # The name of a file is bytes; those that are no text are shown as such.
        values["SOURCE_FILE_NAME"] = os.fsencode(pdf.name).decode("utf-8", "replace")
    taken = (
        TUNABLE + (ANOTHER_QUEUE if has_own_queue(caller) else ()) + (ANOTHER_SOURCE if has_own_source(caller) else ())
    )
    return values | {name: caller[name] for name in taken if caller.get(name)}


def has_own_queue(caller: Mapping[str, str]) -> bool:
    """QSTASH_URL names another QStash: the official development server, or the cloud with a tunnel to here."""
    return bool(caller.get("QSTASH_URL"))


def keeps_in_s3(caller: Mapping[str, str]) -> bool:
    """Files go to S3 rather than into a folder."""
    provider = caller.get("STORAGE_PROVIDER") or "filesystem"
    if provider not in ("filesystem", "s3"):
        raise LocalError(f"STORAGE_PROVIDER={provider}: a laptop keeps files in `filesystem`, or in `s3`.")
    return provider == "s3"


def has_own_bucket(caller: Mapping[str, str]) -> bool:
    """FILE_BUCKET names a bucket that is there already; the caller's AWS_* variables lead to it."""
    return keeps_in_s3(caller) and bool(caller.get("FILE_BUCKET"))


def s3_access(addresses: Addresses, caller: Mapping[str, str]) -> dict[str, str]:
    if has_own_bucket(caller):
        aws = {name: value for name, value in caller.items() if name.startswith("AWS_")}
        return {**aws, "FILE_BUCKET": caller["FILE_BUCKET"]}
    return {**s3.ACCESS, "AWS_ENDPOINT_URL_S3": addresses.store, "FILE_BUCKET": s3.BUCKET}


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
    """Those that it needs. What the AWS SDK reads goes with the store."""
    return {
        name: value
        for name, value in settings.items()
        if function in SETTINGS["FILE_BUCKET" if name.startswith("AWS_") else name].functions
    }
