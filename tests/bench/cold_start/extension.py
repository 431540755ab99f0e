"""Stands where the AWS Parameters and Secrets Lambda extension does, with everything in its cache.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
"""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.support.servers import send

TOKEN = "bench-session-token"


class Extension:
    """Answers with secrets by ARN and parameters by name, to whoever has the function's session token."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]], parameters: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._parameters = parameters

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("X-Aws-Parameters-Secrets-Token") != TOKEN:
            send(handler, 403, b"unauthorized")
            return
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/secretsmanager/get" and query.get("secretId") in self._secrets:
            arn = query["secretId"]
            answer: object = {"ARN": arn, "Name": arn, "SecretString": json.dumps(self._secrets[arn])}
        elif url.path == "/systemsmanager/parameters/get" and query.get("name") in self._parameters:
            answer = {"Parameter": {"Name": query["name"], "Value": self._parameters[query["name"]], "Type": "String"}}
        else:
            send(handler, 404, b"not found")
            return
        send(handler, 200, json.dumps(answer).encode(), Content_Type="application/json")
