"""Reads the templates, without the SAM CLI."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]

Resource = dict[str, Any]
NO_VALUE = {"Ref": "AWS::NoValue"}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """`!Ref X` becomes {"Ref": "X"}, `!Sub X` {"Fn::Sub": "X"}, as in a template written in JSON."""


def _tag(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise ValueError(f"!{name} of a mapping")
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", _tag)


QUEUES = ("qstash", "sqs", "trigger_dev")
ON_THE_WEB = ("trigger", "callback", "status", "download")
FUNCTIONS = {
    "qstash": (*ON_THE_WEB, "sweep", "migrate"),
    "sqs": (*ON_THE_WEB, "sweep", "migrate", "consume"),
    "trigger_dev": (*ON_THE_WEB, "sweep", "migrate"),
}
"""What a deployment has, by its queue."""

CHOSEN = (
    "QueueProvider", "StorageProvider", "ImageProvider", "CallHistory", "SignIn", "LongJobs",
    "ReservedConcurrency", "DomainName", "WebAclArn", "OriginSecretVersion",
)  # fmt: skip
"""Parameters that decide what there is."""

COGNITO = {"SignIn": "cognito", "AllowedEmailDomains": "corp.example"}
OIDC = {
    **COGNITO, "SignIn": "oidc", "OidcIssuer": "https://id.example", "OidcClientId": "page",
    "OidcKeysUrl": "https://id.example/keys", "OidcAuthorizationUrl": "https://id.example/authorize",
    "OidcTokenUrl": "https://id.example/token",
}  # fmt: skip
DEPLOYMENTS = {
    **{queue: {"QueueProvider": queue} for queue in QUEUES},
    "azure_blob": {"StorageProvider": "azure_blob"},
    "cognito": COGNITO,
    "calls": {**OIDC, "CallHistory": "on"},
    "long jobs": {"LongJobs": "on", "ReservedConcurrency": "on"},
    "sqs with azure_blob": {"QueueProvider": "sqs", "StorageProvider": "azure_blob"},
    **{f"{queue} with images": {"QueueProvider": queue, "ImageProvider": "openai"} for queue in QUEUES},
}
"""The choices that the tests of every deployment are about, by their names there."""

of_each_function = pytest.mark.parametrize(
    ("template", "function"),
    [
        (name, function)
        for name, chosen in DEPLOYMENTS.items()
        for function in (
            *FUNCTIONS[chosen.get("QueueProvider", "qstash")],
            *(("sign_up",) if chosen.get("SignIn") == "cognito" else ()),
        )
    ],
    indirect=["template"],
)


class Template:
    """A template as a deployment with these parameters has it: what its choice of providers leaves out is not here."""

    def __init__(self, path: str, **parameters: str) -> None:
        self.body: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader=Loader)
        self.parameters = {
            name: parameters.get(name, parameter.get("Default"))
            for name, parameter in self.body.get("Parameters", {}).items()
        }
        conditions = self.body.get("Conditions", {})
        self._decided: dict[str, bool] = {}
        for name, said in conditions.items():  # each after those that it names
            if _is_about(said, (*CHOSEN, *self._decided)):
                self._decided[name] = self._holds(said)
        for part in ("Globals", "Resources", "Outputs"):
            if part in self.body:
                self.body[part] = self._decide(self.body[part])

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [{"Ref": name}, value]}:
                return bool(self.parameters[name] == value)
            case {"Condition": name}:
                return self._decided[name]
            case {"Fn::Not": [part]}:
                return not self._holds(part)
            case {"Fn::And": parts}:
                return all(self._holds(part) for part in parts)
        raise ValueError(f"a condition of another kind: {condition}")

    def _decide(self, written: Any) -> Any:
        """Without what a condition leaves out, and with the branch that it takes."""
        match written:
            case {"Fn::If": [name, yes, no]} if name in self._decided:
                return self._decide(yes if self._decided[name] else no)
            case dict():
                decided = {name: self._decide(value) for name, value in written.items() if not self._is_out(value)}
                return {name: value for name, value in decided.items() if value != NO_VALUE}
            case list():
                return [value for each in written if (value := self._decide(each)) != NO_VALUE]
        return written

    def _is_out(self, value: Any) -> bool:
        return isinstance(value, dict) and self._decided.get(str(value.get("Condition"))) is False

    @property
    def resources(self) -> dict[str, Resource]:
        found: dict[str, Resource] = self.body["Resources"]
        return found

    def of_type(self, type_name: str) -> dict[str, Resource]:
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == type_name}

    def properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def function(self, name: str) -> dict[str, Any]:
        """The properties of trigger, callback, ..."""
        return self.properties(f"{resource_name(name)}Function")

    def functions(self) -> list[str]:
        return [
            re.sub("(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Function")).lower()
            for name in self.of_type("AWS::Serverless::Function")
        ]

    def events(self, function: str, kind: str) -> list[dict[str, Any]]:
        """The properties of what calls a function in this way, as SAM has it."""
        found = self.function(function).get("Events", {}).values()
        return [event["Properties"] for event in found if event["Type"] == kind]

    def routes(self) -> list[tuple[str, str, str]]:
        """(method, path, function) of every route, those of the session's API too; its $default aside."""
        found = [
            (event["Method"], event["Path"], function)
            for function in self.functions()
            for event in self.events(function, "HttpApi")
        ]
        functions = {f"{resource_name(function)}Function": function for function in self.functions()}
        for route in self.of_type("AWS::ApiGatewayV2::Route").values():
            method, _, path = route["Properties"]["RouteKey"].rpartition(" ")
            integration = self.properties(route["Properties"]["Target"]["Fn::Sub"].removeprefix("integrations/")[2:-1])
            name, _ = integration["IntegrationUri"]["Fn::GetAtt"]
            found += [(method, path, functions[name])] if method else []
        return found

    def environment(self, function: str) -> dict[str, Any]:
        common = self.body["Globals"]["Function"]["Environment"]["Variables"]
        return {**common, **self.function(function)["Environment"]["Variables"]}

    def value(self, written: Any) -> Any:
        """What a deployment makes of it; what only AWS knows stays as it is written."""
        match written:
            case {"Ref": name} if self.parameters.get(name) is not None:
                return self.parameters[name]
            case {"Fn::FindInMap": [table, row, column]}:
                return self.body["Mappings"][table][self.value(row)][column]
        return written

    def secrets_of(self, function: str) -> list[str]:
        """The names of the resources in SECRET_ARNS."""
        if "SECRET_ARNS" not in self.environment(function):
            return []
        text, parts = self.environment(function)["SECRET_ARNS"]["Fn::Sub"], dict[str, Any]()
        if isinstance(text, list):
            text, parts = text
        for name, part in parts.items():
            inserted = part.get("Fn::Sub", part.get("Ref")) if isinstance(part, dict) else part
            text = text.replace(f"${{{name}}}", inserted)
        return [part.strip("${}") for part in text.split(",")]

    def settings_in(self, secret: str) -> set[str]:
        if secret == "DatabaseSecretArn":
            return {"DATABASE_URL"}  # as its description asks for
        properties = self.properties(secret)
        if generated := properties.get("GenerateSecretString"):
            return {*json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]}
        return set(json.loads(properties["SecretString"]))

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(resource, statement) of each policy of a role or a bucket."""
        for name, resource in self.resources.items():
            properties = resource.get("Properties", {})
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            if "PolicyDocument" in properties:
                documents.append(properties["PolicyDocument"])
            for document in documents:
                yield from ((name, statement) for statement in document["Statement"])


def resource_name(function: str) -> str:
    """How the names of a function's resources begin."""
    return function.title().replace("_", "")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_about(condition: Any, names: tuple[str, ...]) -> bool:
    match condition:
        case {"Ref": name} | {"Condition": name}:
            return name in names
        case dict():
            return any(_is_about(value, names) for value in condition.values())
        case list():
            return any(_is_about(value, names) for value in condition)
    return False


def page_policy(frontend: Template, token: str, files: str) -> str:
    """The policy that the page has on AWS, with these origins."""
    security = frontend.properties("PageHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    written: str = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    for name, origin in (("TokenOrigin", token), ("FileOrigin", files)):
        written = written.replace(f" ${{{name}}}", f" {origin}" if origin else "")
    return written
