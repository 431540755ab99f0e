"""Makes the template that `sam local start-api` can run from the one that `sam build` made.

SAM passes only variables that a template declares, and would download the Parameters and Secrets extension from AWS.
So here the functions have this process's settings in their environment, and the layer of this machine alone.

    handoff services --bind 10.88.0.1 > settings.sh &          Postgres and QStash, and where they are
    sam build && . ./settings.sh
    .tools/sam/bin/python infra/sam/local_template.py          writes .aws-sam/build/local.yaml
    sam local start-api -t .aws-sam/build/local.yaml --warm-containers EAGER

Run it with the Python of the SAM CLI, whose own reader and writer of templates it uses.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
LAYERS = {"arm64": "SharedLayerArm64", "x86_64": "SharedLayerX86"}


def main() -> None:
    sys.path.insert(0, str(ROOT / "functions" / "shared"))
    from handoff.settings import SETTINGS  # no dependency of its own

    template = yaml_parse((BUILD / "template.yaml").read_text())
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    common = template["Globals"]["Function"]
    common["Architectures"], common["Layers"] = [architecture], [{"Ref": LAYERS[architecture]}]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            declare(resource["Properties"]["Environment"]["Variables"], list(SETTINGS))
    (BUILD / "local.yaml").write_text(yaml_dump(template))


def declare(variables: dict[str, Any], settings: list[str]) -> None:
    """Only the settings this process has: a function's own defaults hold for the others."""
    for name in [name for name in variables if not name.startswith("POWERTOOLS_")]:
        del variables[name]
    variables.update({name: os.environ[name] for name in settings if os.environ.get(name)})


if __name__ == "__main__":
    main()
