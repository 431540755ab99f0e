"""Secrets and parameters: from the extension on localhost, else through Powertools; whatever fails is named.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
"""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest
from moto import mock_aws

import handoff.secrets
from handoff.errors import SettingError
from handoff.secrets import read_parameter, read_secret
from handoff.settings import load_settings
from tests.support.environment import environment
from tests.support.functions import event, invoke, load_function
from tests.support.problems import assert_problem
from tests.support.servers import http_server, send

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:handoff/Database-AbCdEf"
OTHER_ARN = ARN.replace("Database", "Keys")
FULL = environment(
    database_url="postgresql://u:p@localhost/handoff",
    queue_url="http://127.0.0.1:8080",
    storage_folder="/tmp/files",
    source_url="http://127.0.0.1:9000/document",
)


@dataclass
class Extension:
    """The AWS Parameters and Secrets extension, as a function sees it."""

    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    answer: tuple[int, bytes] | None = None
    hang: threading.Event | None = None
    asked: list[str] = field(default_factory=list)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        query = parse_qs(url.query)
        self.asked.append(handler.path)
        if self.hang:
            self.hang.wait(20)
        if handler.headers["X-Aws-Parameters-Secrets-Token"] != "the-session-token":
            send(handler, 401, b"")
        elif self.answer:
            send(handler, *self.answer)
        elif url.path == "/secretsmanager/get" and query["secretId"][0] in self.secrets:
            arn = query["secretId"][0]
            send(handler, 200, json.dumps({"ARN": arn, "SecretString": self.secrets[arn]}).encode())
        elif url.path == "/systemsmanager/parameters/get" and query["name"][0] in self.parameters:
            value = {"Name": query["name"][0], "Value": self.parameters[query["name"][0]]}
            send(handler, 200, json.dumps({"Parameter": value}).encode())
        else:
            send(handler, 400, b"an unexpected error occurred while executing request")


@pytest.fixture
def extension() -> Iterator[Extension]:
    made = Extension()
    with http_server(made.respond) as url:
        port = url.rsplit(":", 1)[1]
        made.environment = {
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": port,
            "AWS_SESSION_TOKEN": "the-session-token",
        }
        yield made


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in FULL.items() if name not in names}


def test_settings_come_from_the_secrets_that_are_named_and_from_parameters(extension: Extension) -> None:
    extension.secrets = {
        ARN: json.dumps({"DATABASE_URL": FULL["DATABASE_URL"]}),
        OTHER_ARN: json.dumps({"LINK_KEYS": "x" * 32, "SESSION_KEYS": "y" * 32, "UNKNOWN": "z"}),
    }
    extension.parameters = {"/stack/public-url": "https://handoff.example/"}
    settings = load_settings(
        "status",
        {
            **without("DATABASE_URL", "LINK_KEYS", "SESSION_KEYS", "PUBLIC_URL"),
            **extension.environment,
            "SECRET_ARNS": f"{ARN},{OTHER_ARN}",
            "PUBLIC_URL_PARAMETER": "/stack/public-url",
        },
    )
    assert settings["DATABASE_URL"] == FULL["DATABASE_URL"]
    assert (settings["LINK_KEYS"], settings["SESSION_KEYS"]) == (("x" * 32,), ("y" * 32,))
    assert settings["PUBLIC_URL"] == "https://handoff.example"
    assert len(extension.asked) == 3, "each once"


def test_what_no_secret_holds_is_named(extension: Extension) -> None:
    extension.secrets = {ARN: json.dumps({"DATABASE_URL": ""})}
    with pytest.raises(SettingError) as refused:
        load_settings("status", {**without("DATABASE_URL"), **extension.environment, "SECRET_ARNS": ARN})
    assert str(refused.value) == "status cannot start: DATABASE_URL is not set (Postgres 15 or later)"


def test_a_value_that_is_null_counts_as_not_set(extension: Extension) -> None:
    extension.secrets = {ARN: json.dumps({"QSTASH_TOKEN": None})}
    with pytest.raises(SettingError, match="QSTASH_TOKEN is not set"):
        load_settings("trigger", {**without("QSTASH_TOKEN"), **extension.environment, "SECRET_ARNS": ARN})


@pytest.mark.parametrize("content", ["", "postgresql://u:secret@host/db", "[]", '"text"', "7", "null", "{"])
def test_a_secret_that_is_no_object_is_named_and_not_shown(content: str, extension: Extension) -> None:
    extension.secrets = {ARN: content}
    with pytest.raises(SettingError) as refused:
        read_secret(ARN, extension.environment)
    assert ARN in str(refused.value)
    assert "JSON object" in str(refused.value)
    assert content == "" or "secret@host" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [(400, b"an unexpected error"), (401, b""), (403, b""), (404, b""), (500, b""), (200, b""), (200, b"<html>"),
     (200, b"[]"),
     (200, b"{}"), (200, b"null"), (200, b'{"Parameter": null}'), (200, b'{"SecretBinary": "AAAA"}'), (200, b"\xff")],
)  # fmt: skip
def test_whatever_the_extension_refuses_or_answers_what_was_asked_for_is_named(
    answer: tuple[int, bytes], extension: Extension
) -> None:
    extension.answer = answer
    with pytest.raises(SettingError) as refused:
        read_secret(ARN, extension.environment)
    assert ARN in str(refused.value)
    with pytest.raises(SettingError) as refused:
        read_parameter("/stack/public-url", extension.environment)
    assert "/stack/public-url" in str(refused.value)


def test_an_extension_that_refuses_the_token_is_no_reason_to_go_on(extension: Extension) -> None:
    extension.secrets = {ARN: "{}"}
    with pytest.raises(SettingError, match="401"):
        read_secret(ARN, {**extension.environment, "AWS_SESSION_TOKEN": "another"})


def test_an_extension_that_hangs_is_given_up_on(extension: Extension, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handoff.secrets, "TIMEOUT_SECONDS", 0.1)
    extension.hang = threading.Event()
    with pytest.raises(SettingError, match="does not answer"):
        read_secret(ARN, extension.environment)
    extension.hang.set()


def test_a_port_that_is_no_number_is_named() -> None:
    with pytest.raises(SettingError, match="PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"):
        read_secret(ARN, {"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": "x"})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """AWS itself, and no extension."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    from aws_lambda_powertools.utilities.parameters import clear_caches

    clear_caches()  # type: ignore[no-untyped-call]
    with mock_aws():
        yield {"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": "1"}
    clear_caches()  # type: ignore[no-untyped-call]


def test_without_the_extension_powertools_reads_the_same(aws: dict[str, str]) -> None:
    import boto3

    made = boto3.client("secretsmanager").create_secret(Name="handoff", SecretString='{"LINK_KEYS": "k", "N": 7}')
    boto3.client("ssm").put_parameter(Name="/stack/public-url", Value="https://handoff.example", Type="String")
    assert read_secret(made["ARN"], aws) == {"LINK_KEYS": "k", "N": "7"}
    assert read_parameter("/stack/public-url", aws) == "https://handoff.example"


def test_an_extension_that_is_still_starting_is_passed_by(aws: dict[str, str], extension: Extension) -> None:
    import boto3

    made = boto3.client("secretsmanager").create_secret(Name="handoff", SecretString='{"LINK_KEYS": "k"}')
    extension.answer = (400, b"not ready to serve traffic, please wait")
    assert read_secret(made["ARN"], extension.environment) == {"LINK_KEYS": "k"}


def test_what_powertools_does_not_find_is_named_too(aws: dict[str, str]) -> None:
    with pytest.raises(SettingError) as refused:
        read_secret(ARN, aws)
    assert ARN in str(refused.value)
    with pytest.raises(SettingError) as refused:
        read_parameter("/stack/public-url", aws)
    assert "/stack/public-url" in str(refused.value)


@pytest.fixture
def loop() -> Iterator[None]:
    """The loop that Mangum runs requests on."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


def start_with_secrets_elsewhere(extension: Extension, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A status function whose session keys are in a secret."""
    for name, value in {**without("SESSION_KEYS"), **extension.environment, "SECRET_ARNS": ARN}.items():
        monkeypatch.setenv(name, value)
    return load_function("status", {})


@pytest.mark.usefixtures("loop")
def test_a_function_whose_secrets_are_elsewhere_reads_them_once_and_at_its_first_request(
    extension: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it starts: the extension serves nobody then."""
    extension.secrets = {ARN: json.dumps({"SESSION_KEYS": "k" * 40})}
    status = start_with_secrets_elsewhere(extension, monkeypatch)
    assert extension.asked == []
    assert [invoke(status, event("GET", "/api/session")).status for _ in range(3)] == [200] * 3
    assert len(extension.asked) == 1


@pytest.mark.usefixtures("loop")
def test_a_function_whose_secret_nobody_has_filled_in_answers_500_and_logs_which_setting_it_is(
    extension: Extension, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    extension.secrets = {ARN: json.dumps({"SESSION_KEYS": ""})}
    status = start_with_secrets_elsewhere(extension, monkeypatch)
    answer = invoke(status, event("GET", "/api/session"))
    assert_problem(answer, 500, "internal")
    assert b"SESSION_KEYS" not in answer.body
    assert "SESSION_KEYS is not set" in str([vars(record) for record in caplog.records])
    extension.secrets = {ARN: json.dumps({"SESSION_KEYS": "k" * 40})}
    assert invoke(status, event("GET", "/api/session")).status == 200, "as soon as it is filled in"
