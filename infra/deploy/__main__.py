"""The command: `python -m infra.deploy --stage prod`; `… page` for the page alone, `… package` for the sizes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.deploy.errors import DeployError
from infra.deploy.sizes import report
from infra.deploy.stages import STAGES, Stage

ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("stack", "page", "package"), default="stack")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--parameters", default="", help="Name=value, separated by spaces, on top of those saved")
    options = parser.parse_args(arguments)
    try:
        if options.what == "package":
            return report(root / ".aws-sam" / "build")
        deploy(root, options.stage, options.parameters, page_alone=options.what == "page")
    except DeployError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(root: Path, name: str, parameters: str, *, page_alone: bool) -> None:
    """Stack, then page: an old page works with new functions, and a new one is not to meet old ones."""
    from infra.deploy.page import refresh, upload
    from infra.deploy.sam import Sam
    from infra.deploy.stack import Stack, remove_failed_creation

    stage = Stage.read(root / "samconfig.toml", name)
    if not page_alone:
        remove_failed_creation(stage)
        Sam(root).deploy(stage, parameters)
        stage = Stage.read(stage.config, name)  # as SAM saved it
    stack = Stack.find(stage)
    print(f"Uploading the page to {stack.outputs['PageBucket']}", flush=True)
    upload(stack.client("s3"), root / "frontend", stack.outputs["PageBucket"])
    refresh(stack.client("cloudfront"), stack.outputs["DistributionId"])
    stack.tell()


if __name__ == "__main__":
    sys.exit(main())
