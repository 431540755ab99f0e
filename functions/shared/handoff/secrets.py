"""Reads secrets and parameters once per container.

On AWS the Parameters and Secrets extension answers on localhost, so nothing heavier than the standard library is
imported for it: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
Where the extension is absent, Powertools' parameters read the same values through boto3.
"""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from handoff.errors import SettingError

EXTENSION_PORT = 2773
TIMEOUT_SECONDS = 5


def read_secret(arn: str, environment: Mapping[str, str]) -> dict[str, str]:
    """A secret that is a JSON object: names of settings and their values."""
    answer = _ask_extension(f"/secretsmanager/get?secretId={quote(arn, safe='')}", environment)
    if answer is None:
        from aws_lambda_powertools.utilities.parameters import get_secret

        value = str(get_secret(arn))
    else:
        value = answer["SecretString"]
    try:
        return {name: str(entry) for name, entry in json.loads(value).items()}
    except (ValueError, AttributeError):
        raise SettingError(f"the secret {arn} must be a JSON object of settings") from None


def read_parameter(name: str, environment: Mapping[str, str]) -> str:
    """A parameter of the Systems Manager's parameter store."""
    answer = _ask_extension(f"/systemsmanager/parameters/get?name={quote(name, safe='')}", environment)
    if answer is None:
        from aws_lambda_powertools.utilities.parameters import get_parameter

        return str(get_parameter(name))
    return str(answer["Parameter"]["Value"])


def _ask_extension(path: str, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """The extension's answer; None where there is none or it is still starting. Raises SettingError if it refuses."""
    port = int(environment.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", EXTENSION_PORT))
    connection = HTTPConnection("localhost", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "GET", path, headers={"X-Aws-Parameters-Secrets-Token": environment.get("AWS_SESSION_TOKEN", "")}
        )
        response = connection.getresponse()
        body = response.read()
    except ConnectionRefusedError:
        return None
    except (OSError, HTTPException) as error:
        raise SettingError(f"the Parameters and Secrets extension does not answer: {error}") from error
    finally:
        connection.close()
    if response.status == 400 and b"not ready" in body:
        return None
    if response.status != 200:
        raise SettingError(f"the Parameters and Secrets extension answered {response.status} for {path.split('=')[1]}")
    answer: dict[str, Any] = json.loads(body)
    return answer
