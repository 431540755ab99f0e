"""Reads the templates, without the SAM CLI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

Resource = dict[str, Any]


class Loader(yaml.SafeLoader):
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


class Template:
    def __init__(self, path: str) -> None:
        self.body: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader=Loader)

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
        return self.properties(f"{name.capitalize()}Function")

    def functions(self) -> list[str]:
        return [name.removesuffix("Function").lower() for name in self.of_type("AWS::Serverless::Function")]

    def environment(self, function: str) -> dict[str, Any]:
        common = self.body["Globals"]["Function"]["Environment"]["Variables"]
        return {**common, **self.function(function)["Environment"]["Variables"]}

    def value(self, written: Any) -> Any:
        """What a deployment with default parameters makes of it; what only AWS knows stays as it is written."""
        match written:
            case {"Ref": name} if name in self.body["Parameters"]:
                return self.body["Parameters"][name].get("Default", written)
            case {"Fn::FindInMap": [table, row, column]}:
                return self.body["Mappings"][table][row][column]
        return written

    def secrets_of(self, function: str) -> list[str]:
        """The names of the resources in SECRET_ARNS."""
        return [part.strip("${}") for part in self.environment(function)["SECRET_ARNS"]["Fn::Sub"].split(",")]

    def settings_in(self, secret: str) -> set[str]:
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


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
