"""The stages of samconfig.toml: what each stack is called, where it is, and whether it was ever deployed."""

import os
import shlex
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.errors import DeployError

STAGES = {"dev": "default", "staging": "staging", "prod": "prod"}
"""By the name that a person uses, the name of SAM's environment."""


@dataclass(frozen=True)
class Stage:
    """`saved`: `sam deploy --guided` wrote down what was chosen. `region` is the saved one, or the environment's.
    `parameters`: those that are written down, by name.
    """

    name: str
    config: Path
    stack: str
    region: str
    saved: bool
    parameters: dict[str, str]

    @classmethod
    def read(cls, config: Path, name: str) -> "Stage":
        """Raises DeployError."""
        environment = tomllib.loads(config.read_text()).get(STAGES[name], {})
        common = environment.get("global", {}).get("parameters", {})
        saved = {**common, **environment.get("deploy", {}).get("parameters", {})}
        if not saved.get("stack_name"):
            raise DeployError(f"{config.name} has no stack_name for [{STAGES[name]}].")
        region = saved.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
        parameters = read_parameters(saved.get("parameter_overrides", ""))
        return cls(name, config, saved["stack_name"], region, "region" in saved, parameters)

    @property
    def environment(self) -> str:
        """What SAM calls it (--config-env)."""
        return STAGES[self.name]


def read_parameters(written: str | Iterable[str]) -> dict[str, str]:
    """Name=value, separated by spaces, in quotes where there is a space in one. Raises DeployError."""
    words = shlex.split(written) if isinstance(written, str) else list(written)
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise DeployError(f"a parameter is written as Name=value, not as {wrong[0]}")
    return {name: value for name, _, value in pairs}
