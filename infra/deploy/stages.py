"""The stages of samconfig.toml: what each stack is called, where it is, and whether it was ever deployed."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.errors import DeployError

STAGES = {"dev": "default", "staging": "staging", "prod": "prod"}
"""By the name that a person uses, the name of SAM's environment."""


@dataclass(frozen=True)
class Stage:
    """`saved`: `sam deploy --guided` wrote down what was chosen. `region` is the saved one, or the environment's."""

    name: str
    config: Path
    stack: str
    region: str
    saved: bool

    @classmethod
    def read(cls, config: Path, name: str) -> "Stage":
        """Raises DeployError."""
        environment = tomllib.loads(config.read_text()).get(STAGES[name], {})
        common = environment.get("global", {}).get("parameters", {})
        saved = {**common, **environment.get("deploy", {}).get("parameters", {})}
        if not saved.get("stack_name"):
            raise DeployError(f"{config.name} has no stack_name for [{STAGES[name]}].")
        region = saved.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
        return cls(name, config, saved["stack_name"], region, saved="region" in saved)

    @property
    def environment(self) -> str:
        """What SAM calls it (--config-env)."""
        return STAGES[self.name]
