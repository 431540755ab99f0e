"""The only reader of the environment: every setting, what it means, and who needs it.

A function reads all of its settings before its first request, so that a missing or wrong one stops it with the
setting's name and what is allowed, rather than with an error in the middle of somebody's work.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from handoff.errors import SettingError
from handoff.secrets import read_parameter, read_secret
from handoff.setting_types import (
    Parser,
    azure_connection_string,
    email_domains,
    flag,
    header_token,
    host_names,
    issuer_url,
    loopback_address,
    no_or_a_postgres_url,
    number,
    one_of,
    optional_signing_key,
    postgres_url,
    secure_url,
    signing_key,
    signing_keys,
    source_url,
    text,
    two_signing_keys,
    web_url,
    webhook_secrets,
)

Choice = tuple[str, str]
"""A setting that names a provider, and one of its values."""


@dataclass(frozen=True)
class Setting:
    """`default` None means that it must be set; `when` names the provider that alone needs it, or ANY of them.

    `only` names for a function the further choice without which that one does not need it.
    """

    parse: Parser
    meaning: str
    functions: tuple[str, ...]
    default: str | None = None
    secret: bool = False
    when: Choice | None = None
    only: Mapping[str, Choice] = field(default_factory=dict)

    def needed_by(self, function: str, values: Mapping[str, Any]) -> bool:
        """Whether the function needs it, the providers being what `values` has."""
        choices = [choice for choice in (self.when, self.only.get(function)) if choice]
        return function in self.functions and all(_holds(choice, values) for choice in choices)


ANY = "*"
"""In a choice: whatever is set, but nothing or "none"."""


def _holds(choice: Choice, values: Mapping[str, Any]) -> bool:
    name, wanted = choice
    return values.get(name) not in (None, "", "none") if wanted == ANY else values.get(name) == wanted


PAGE = ("trigger", "status", "download")
PEOPLE = ("trigger", "status")
STORING = ("callback", "download", "sweep", "consume")
SENDING = ("trigger", "sweep")
QUEUEING = ("trigger", "callback", "sweep", "consume")
WORKING = ("callback", "consume")
LINKING = ("trigger", "callback", "status", "download", "consume")
CALLING = ("trigger", "sweep")
"""Ask the queue for calls of image providers."""
ANSWERED = ("callback", "consume")
"""Take their answers."""
ALL = ("trigger", "callback", "status", "download", "sweep", "consume")
"""That have to do with runs. sign_up answers Amazon Cognito alone, and knows nothing of them."""

QSTASH = ("QUEUE_PROVIDER", "qstash")
SQS = ("QUEUE_PROVIDER", "sqs")
TRIGGER_DEV = ("QUEUE_PROVIDER", "trigger_dev")
FILESYSTEM = ("STORAGE_PROVIDER", "filesystem")
S3 = ("STORAGE_PROVIDER", "s3")
AZURE_BLOB = ("STORAGE_PROVIDER", "azure_blob")
IMAGES = ("IMAGE_PROVIDER", ANY)
OPENAI = ("IMAGE_PROVIDER", "openai")
OIDC = ("OIDC_ISSUER", ANY)
WITH_CALLS = ("CALL_HISTORY", "on")

SETTINGS: dict[str, Setting] = {
    "DATABASE_URL": Setting(postgres_url, "Postgres 15 or later", (*ALL, "migrate"), secret=True),
    "DATABASE_DIRECT_URL": Setting(
        no_or_a_postgres_url, "the same database without a pooler, for migrations", ("migrate",), "", secret=True
    ),
    "DATABASE_LISTEN": Setting(flag, "the connection is direct, so waiting may use LISTEN", ALL, "false"),
    "PUBLIC_URL": Setting(web_url, "where the page and its links are", PAGE),
    "DELIVERY_URL": Setting(web_url, "what the queue calls, and what its signature must name", QUEUEING),
    "QUEUE_PROVIDER": Setting(one_of("qstash", "sqs", "trigger_dev"), "which queue", QUEUEING, "qstash"),
    "IMAGE_PROVIDER": Setting(
        one_of("none", "openai"), "who makes images", ("trigger", "callback", "status", "sweep", "consume"), "none"
    ),
    # callback calls messages of image providers back, and publishes none.
    "QSTASH_URL": Setting(
        web_url,
        "QStash's address",
        (*SENDING, "callback"),
        "https://qstash.upstash.io",
        when=QSTASH,
        only={"callback": IMAGES},
    ),
    "QSTASH_TOKEN": Setting(
        header_token, "lets us publish", (*SENDING, "callback"), secret=True, when=QSTASH, only={"callback": IMAGES}
    ),
    "QSTASH_CURRENT_SIGNING_KEY": Setting(signing_key, "signs deliveries", ("callback",), secret=True, when=QSTASH),
    "QSTASH_NEXT_SIGNING_KEY": Setting(
        signing_key, "will sign them after a rotation", ("callback",), secret=True, when=QSTASH
    ),
    "SQS_QUEUE_URL": Setting(web_url, "the queue that jobs wait in", ("trigger", "sweep", "consume"), when=SQS),
    "SQS_DEAD_LETTER_QUEUE_URL": Setting(web_url, "the queue of what was given up", ("consume",), when=SQS),
    "TRIGGER_URL": Setting(
        web_url,
        "Trigger.dev's address",
        (*SENDING, "callback"),
        "https://api.trigger.dev",
        when=TRIGGER_DEV,
        only={"callback": IMAGES},
    ),
    "TRIGGER_SECRET_KEY": Setting(
        header_token,
        "lets us trigger",
        (*SENDING, "callback"),
        secret=True,
        when=TRIGGER_DEV,
        only={"callback": IMAGES},
    ),
    "TRIGGER_SIGNING_KEYS": Setting(
        signing_keys, "sign deliveries, the task's first", ("callback",), secret=True, when=TRIGGER_DEV
    ),
    "OPENAI_API_URL": Setting(web_url, "OpenAI's address", CALLING, "https://api.openai.com", when=OPENAI),
    # Whoever makes the call has it: QStash is sent it, our consumer adds it, Trigger.dev's task has its own.
    "OPENAI_API_KEY": Setting(
        header_token,
        "pays for images",
        (*CALLING, "consume"),
        secret=True,
        when=OPENAI,
        only={"trigger": QSTASH, "sweep": QSTASH, "consume": SQS},
    ),
    "OPENAI_MODEL": Setting(text, "which model makes images", CALLING, "gpt-image-2.5-flare", when=OPENAI),
    "OPENAI_TIMEOUT_SECONDS": Setting(number(1, 300), "how long one picture may take", CALLING, "180", when=OPENAI),
    "OPENAI_RETRIES": Setting(number(0, 5), "attempts after the first, by the queue", CALLING, "2", when=OPENAI),
    "OPENAI_RATE_PER_MINUTE": Setting(number(1, 100_000), "pictures begun in a minute", CALLING, "50", when=OPENAI),
    "OPENAI_PARALLELISM": Setting(number(1, 1_000), "pictures under way at once", CALLING, "10", when=OPENAI),
    "OPENAI_IMAGE_HOSTS": Setting(
        host_names, "hosts that an answer may have its picture at", ANSWERED, "", when=OPENAI
    ),
    "OPENAI_IMAGE_LOOPBACK": Setting(
        loopback_address, "host:port on this machine that a picture may be at; never on AWS", ANSWERED, "", when=OPENAI
    ),
    "MAX_IMAGE_BYTES": Setting(
        number(1, 100_000_000), "the largest picture that is kept", ANSWERED, "20971520", when=IMAGES
    ),
    "STORAGE_PROVIDER": Setting(one_of("filesystem", "s3", "azure_blob"), "which store", STORING, "s3"),
    "STORAGE_FOLDER": Setting(text, "where files are kept", STORING, when=FILESYSTEM),
    "STORAGE_URL": Setting(web_url, "where that folder is served", STORING, when=FILESYSTEM),
    "STORAGE_SIGNING_KEY": Setting(signing_key, "signs the URLs of that folder", STORING, secret=True, when=FILESYSTEM),
    "FILE_BUCKET": Setting(text, "the S3 bucket files are kept in", STORING, when=S3),
    "AZURE_STORAGE_CONNECTION_STRING": Setting(
        azure_connection_string, "the Azure storage account and its key", STORING, secret=True, when=AZURE_BLOB
    ),
    "AZURE_CONTAINER": Setting(text, "the Azure container files are kept in", STORING, when=AZURE_BLOB),
    "LINK_TTL_SECONDS": Setting(number(1, 86_400), "how long a link works", ("trigger", *WORKING), "120"),
    "LINK_KEYS": Setting(signing_keys, "sign links and ETags, current first", LINKING, secret=True),
    "SESSION_KEYS": Setting(signing_keys, "sign session cookies, current first", ("trigger", "status"), secret=True),
    "ORIGIN_SECRET": Setting(
        optional_signing_key, "what CloudFront sends; empty: anybody may ask directly", PAGE, "", secret=True
    ),
    "ORIGIN_SECRET_NEXT": Setting(
        optional_signing_key, "another that is accepted, while it is changed", PAGE, "", secret=True
    ),
    "OIDC_ISSUER": Setting(issuer_url, "who says who people are; empty: nobody can sign in", PEOPLE, ""),
    "OIDC_CLIENT_ID": Setting(text, "what the issuer calls us", PEOPLE, when=OIDC),
    "OIDC_KEYS_URL": Setting(secure_url, "the issuer's key set", ("trigger",), when=OIDC),
    "OIDC_AUTHORIZATION_URL": Setting(secure_url, "where the page sends people to sign in", PEOPLE, when=OIDC),
    "OIDC_TOKEN_URL": Setting(secure_url, "where the page gets their ID token", PEOPLE, when=OIDC),
    "ALLOWED_EMAIL_DOMAINS": Setting(
        email_domains,
        "whose addresses may sign in, exactly",
        (*PEOPLE, "sign_up"),
        only=dict.fromkeys(PEOPLE, OIDC),
    ),
    "EXPORTS_NEED_SIGN_IN": Setting(flag, "exports are for people who signed in", PEOPLE, "false"),
    "SOURCE_URL": Setting(source_url, "the document that source-pdf exports; never shown to anybody", WORKING),
    "SOURCE_ALLOWED_HOSTS": Setting(host_names, "further hosts that SOURCE_URL may redirect to", WORKING, ""),
    "SOURCE_LOOPBACK": Setting(
        loopback_address, "host:port on this machine that may be fetched; never on AWS", WORKING, ""
    ),
    "SOURCE_FILE_NAME": Setting(text, "what the exported document is called", WORKING, "document.pdf"),
    "MAX_EXPORT_BYTES": Setting(number(1, 5_000_000_000), "the largest file that is made", WORKING, "104857600"),
    "JOB_TIME_LIMIT_SECONDS": Setting(number(1, 840), "how long one attempt may take", QUEUEING, "25"),
    "LEASE_SECONDS": Setting(number(2, 900), "how long a worker is trusted to be alive", QUEUEING, "30"),
    "JOB_RETRIES": Setting(number(0, 10), "attempts after the first, within one message", QUEUEING, "3"),
    "RUN_DEADLINE_SECONDS": Setting(number(10, 86_400), "when an unfinished run is ended", QUEUEING, "900"),
    "OUTBOX_GRACE_SECONDS": Setting(number(1, 3_600), "when an unclaimed message is sent again", QUEUEING, "30"),
    "EXPORT_PARALLELISM": Setting(number(1, 1_000), "exports made at the same time, at most", SENDING, "10"),
    "CALL_EVENT_PARALLELISM": Setting(
        number(1, 1_000), "events of calls recorded at the same time, at most", SENDING, "10"
    ),
    "CALLBACK_CONCURRENCY": Setting(
        number(2, 10_000), "deliveries that callback can take at the same time; more than those", SENDING, "50"
    ),
    "MAX_ACTIVE_RUNS": Setting(number(1, 1_000), "unfinished runs an owner may have", ("trigger",), "5"),
    "WAIT_MAX_SECONDS": Setting(number(0, 25), "how long a status request may wait", ("status",), "8"),
    "FILE_RETENTION_DAYS": Setting(number(1, 3_650), "how long files are kept", ("status", "sweep"), "7"),
    "RUN_RETENTION_DAYS": Setting(number(1, 3_650), "how long the history is kept", ("sweep",), "30"),
    "CALL_HISTORY": Setting(one_of("off", "on"), "whether carriers may tell of calls", ("trigger", "status"), "off"),
    "CALL_WEBHOOK_SECRETS": Setting(
        webhook_secrets, "sign events of /events, current first", ("trigger",), "", secret=True, when=WITH_CALLS
    ),
    "TWILIO_AUTH_TOKENS": Setting(
        two_signing_keys, "sign events of /events/twilio, current first", ("trigger",), "", secret=True, when=WITH_CALLS
    ),
    "CALL_EVENT_RETENTION_DAYS": Setting(number(1, 3_650), "how long the bodies of events are kept", ("sweep",), "30"),
    "CALL_RETENTION_DAYS": Setting(number(1, 3_650), "how long calls are kept", ("sweep",), "90"),
    "LOG_LEVEL": Setting(
        one_of("DEBUG", "INFO", "WARNING", "ERROR"), "what is logged", (*ALL, "migrate", "sign_up"), "INFO"
    ),
}


class Settings:
    """The settings one function needs, parsed: `settings["LINK_TTL_SECONDS"]` is 120."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        """Whether this function needs it, with the providers that were chosen."""
        return name in self._values


def load_settings(function: str, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read what `function` needs. Raises SettingError naming every setting that is missing or wrong."""
    raw = _with_secrets(environment)
    # What is needed hangs on these, wherever they stand in the table.
    choices = {choice for setting in SETTINGS.values() for choice in (setting.when, *setting.only.values()) if choice}
    chosen = {name: raw.get(name) or SETTINGS[name].default for name, _ in choices}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, setting in SETTINGS.items():
        if not setting.needed_by(function, chosen):
            continue
        given = raw.get(name) or setting.default
        if given is None:
            problems.append(f"{name} is not set ({setting.meaning})")
            continue
        try:
            values[name] = setting.parse(given)
        except ValueError as error:
            problems.append(f"{name} {error}")
    problems += _contradictions(values, environment)
    if problems:
        raise SettingError(f"{function} cannot start: " + "; ".join(problems))
    return Settings(values)


def _contradictions(values: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    problems = []
    limit, lease = values.get("JOB_TIME_LIMIT_SECONDS"), values.get("LEASE_SECONDS")
    if limit is not None and lease is not None and limit >= lease:
        problems.append(f"JOB_TIME_LIMIT_SECONDS ({limit}) must be less than LEASE_SECONDS ({lease})")
    retries, deadline = values.get("JOB_RETRIES"), values.get("RUN_DEADLINE_SECONDS")
    if lease is not None and retries is not None and deadline is not None:
        longest = message_seconds(retries, lease)
        if longest > deadline:
            problems.append(
                f"JOB_RETRIES ({retries}) and LEASE_SECONDS ({lease}) can take {longest} s, "
                f"more than RUN_DEADLINE_SECONDS ({deadline})"
            )
    calls, timeout = values.get("OPENAI_RETRIES"), values.get("OPENAI_TIMEOUT_SECONDS")
    if calls is not None and timeout is not None and deadline is not None:
        longest = message_seconds(calls, timeout)
        if longest > deadline:
            problems.append(
                f"OPENAI_RETRIES ({calls}) and OPENAI_TIMEOUT_SECONDS ({timeout}) can take {longest} s, "
                f"more than RUN_DEADLINE_SECONDS ({deadline})"
            )
    if values.get("EXPORTS_NEED_SIGN_IN") and not values.get("OIDC_ISSUER"):
        problems.append("EXPORTS_NEED_SIGN_IN is true, but without OIDC_ISSUER nobody can sign in")
    parallel = [values[name] for name in values if name.endswith("_PARALLELISM")]
    concurrency = values.get("CALLBACK_CONCURRENCY")
    if concurrency is not None and sum(parallel) >= concurrency:
        problems.append(
            f"CALLBACK_CONCURRENCY ({concurrency}) must be more than what may be under way together ({sum(parallel)})"
        )
    carriers = [name for name, setting in SETTINGS.items() if setting.when == WITH_CALLS and name in values]
    if carriers and not any(values[name] for name in carriers):
        problems.append(f"CALL_HISTORY is on, but none of {', '.join(carriers)} is set")
    on_aws = environment.get("AWS_LAMBDA_FUNCTION_NAME") and not environment.get("AWS_SAM_LOCAL")
    if on_aws and values.get("CALL_HISTORY") == "on" and not values.get("OIDC_ISSUER"):
        problems.append("CALL_HISTORY is on, but without OIDC_ISSUER anybody could see who calls whom")
    for name in ("SOURCE_LOOPBACK", "OPENAI_IMAGE_LOOPBACK"):
        if on_aws and values.get(name):
            problems.append(f"{name} is for a laptop and must not be set on AWS")
    if {"SOURCE_URL", "SOURCE_ALLOWED_HOSTS", "SOURCE_LOOPBACK"} <= values.keys() and not _may_be_fetched(values):
        problems.append(
            "SOURCE_URL must name a host, spelled plainly, on its scheme's own port, or the host:port that "
            "SOURCE_LOOPBACK names"
        )
    return problems


def source_hosts(values: "Mapping[str, Any] | Settings") -> tuple[str, ...]:
    """The hosts that may be fetched from."""
    return (urlsplit(values["SOURCE_URL"]).hostname or "", *values["SOURCE_ALLOWED_HOSTS"])


def _may_be_fetched(values: Mapping[str, Any]) -> bool:
    from handoff.fetch import FetchError
    from handoff.fetch.target import TargetRules

    try:
        TargetRules(source_hosts(values), values["SOURCE_LOOPBACK"] or None).admit(values["SOURCE_URL"])
    except (FetchError, ValueError):
        return False
    return True


RETRY_PAUSE_SECONDS = 5
"""Doubled after each failed attempt: 5, 10, 20 s."""


def message_seconds(retries: int, attempt: int) -> int:
    """How long a message can be under way, in seconds, when every attempt takes its longest: a lease, or a timeout."""
    return (retries + 1) * attempt + RETRY_PAUSE_SECONDS * ((1 << retries) - 1)


FROM_PARAMETERS = ("PUBLIC_URL", "DELIVERY_URL", "OIDC_CLIENT_ID")
"""On AWS these are of things that need the functions: each is read from the parameter that <name>_PARAMETER names."""


def has_secrets_elsewhere(environment: Mapping[str, str]) -> bool:
    """Whether settings have to be fetched: those of SECRET_ARNS, or of a <name>_PARAMETER."""
    return any(environment.get(name) for name in ("SECRET_ARNS", *(f"{name}_PARAMETER" for name in FROM_PARAMETERS)))


def _with_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, and what its SECRET_ARNS and *_PARAMETER entries point to."""
    values = dict(environment)
    for arn in filter(None, environment.get("SECRET_ARNS", "").split(",")):
        values.update(read_secret(arn, environment))
    for name in FROM_PARAMETERS:
        if parameter := environment.get(f"{name}_PARAMETER"):
            values[name] = read_parameter(parameter, environment)
    return values
