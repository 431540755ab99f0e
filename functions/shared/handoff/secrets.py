"""Reads secrets and parameters once per container.

On AWS the Parameters and Secrets extension answers on localhost, so nothing heavier than the standard library is
imported for it: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
Where the extension is absent, Powertools' parameters read the same values through boto3.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from handoff.errors import SettingError

PORT_VARIABLE = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
EXTENSION_PORT = "2773"
TIMEOUT_SECONDS = 5


def read_secret(arn: str, environment: Mapping[str, str]) -> dict[str, str]:
    """A secret that is a JSON object: names of settings and their values. One that is null counts as not set.

    Raises SettingError naming the secret, never what is in it.
    """
    with _named(f"the secret {arn}, which must be a JSON object of settings,"):
        answer = _ask_extension(f"/secretsmanager/get?secretId={quote(arn, safe='')}", environment)
        text = _secret_without_extension(arn) if answer is None else answer["SecretString"]
        return {name: str(value) for name, value in json.loads(text).items() if value is not None}


def read_parameter(name: str, environment: Mapping[str, str]) -> str:
    """A parameter of the Systems Manager's parameter store. Raises SettingError naming it."""
    with _named(f"the parameter {name}"):
        answer = _ask_extension(f"/systemsmanager/parameters/get?name={quote(name, safe='')}", environment)
        return _parameter_without_extension(name) if answer is None else str(answer["Parameter"]["Value"])


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except SettingError as error:
        raise SettingError(f"{what} cannot be read: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, HTTPException) as error:
        # The message may quote what was read.
        raise SettingError(f"{what} cannot be read: {type(error).__name__}") from None


def _ask_extension(path: str, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """The extension's answer; None where there is none or it is still starting. Raises SettingError if it refuses."""
    port = environment.get(PORT_VARIABLE, EXTENSION_PORT)
    if not port.isdigit():
        raise SettingError(f"{PORT_VARIABLE} is not a port")
    connection = HTTPConnection("localhost", int(port), timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "GET", path, headers={"X-Aws-Parameters-Secrets-Token": environment.get("AWS_SESSION_TOKEN", "")}
        )
        response = connection.getresponse()
        body = response.read()
    except ConnectionRefusedError:
        return None
    except OSError as error:
        raise SettingError(f"the Parameters and Secrets extension does not answer: {type(error).__name__}") from None
    finally:
        connection.close()
    if response.status == 400 and b"not ready" in body:
        return None
    if response.status != 200:
        raise SettingError(f"the Parameters and Secrets extension answered {response.status}")
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise TypeError
    return answer


def _secret_without_extension(arn: str) -> str:
    from aws_lambda_powertools.utilities.parameters import get_secret

    with _aws_errors():
        return str(get_secret(arn))


def _parameter_without_extension(name: str) -> str:
    from aws_lambda_powertools.utilities.parameters import get_parameter

    with _aws_errors():
        return str(get_parameter(name))


@contextmanager
def _aws_errors() -> Iterator[None]:
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (GetParameterError, BotoCoreError, ClientError) as error:
        raise SettingError(f"AWS did not give it: {type(error).__name__}") from None
