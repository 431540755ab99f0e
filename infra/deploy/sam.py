"""The SAM CLI, as make installed it."""

import os
import subprocess
import sys
from pathlib import Path

from infra.deploy.errors import DeployError
from infra.deploy.stages import Stage, read_parameters

CREDENTIALS = (
    "AWS does not know who you are, or does not let you. Sign in (aws sso login), or name a profile in AWS_PROFILE; "
    "then once more."
)


class Sam:
    """Deploys what `make sam-check` built and looked at."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._program = os.environ.get("SAM") or str(root / ".tools" / "sam" / "bin" / "sam")

    def deploy(self, stage: Stage, parameters: str) -> None:
        """Raises DeployError.

        The first time it asks for the parameters and saves them in samconfig.toml, where there is somebody to ask;
        elsewhere `parameters` and AWS_REGION have to say them. Otherwise `parameters` come on top of those saved.
        """
        command = [self._program, "deploy", "--config-env", stage.environment]
        if parameters:
            # What SAM is told here takes the place of all that is written down.
            told = stage.parameters | read_parameters(parameters)
            command += ["--parameter-overrides", *(f"{name}={value}" for name, value in told.items())]
        if not stage.saved and not (parameters and stage.region):
            if not sys.stdin.isatty():
                raise DeployError(
                    f"the stage {stage.name} was never deployed, and nobody is here to ask. Deploy it once from a "
                    "terminal and keep samconfig.toml, or give AWS_REGION and PARAMETERS."
                )
            command.append("--guided")
        else:
            command += ["--region", stage.region]
        if not sys.stdin.isatty():
            command.append("--no-confirm-changeset")
        self._run(command)

    def _run(self, command: list[str]) -> None:
        environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
        try:
            done = subprocess.run(command, cwd=self._root, env=environment, check=False)
        except OSError as error:
            raise DeployError(f"{command[0]} cannot be started ({error.strerror}): make sam-check") from error
        if done.returncode:
            raise DeployError(f"sam ended with {done.returncode}; what it said stands above. Nothing else was changed.")
