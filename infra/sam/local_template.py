"""Makes the template that `sam local` can run from the one that `sam build` made: .aws-sam/local/template.yaml.

SAM passes only variables that a template declares, and would download the Parameters and Secrets extension from AWS.
So here each function has its own settings, taken from this process's environment, and the layers of this machine alone.

    STORAGE_PROVIDER=s3 handoff services --bind ADDRESS > settings.sh &    Postgres, QStash, S3, and where they are
    . ./settings.sh && .tools/sam/bin/python infra/sam/local_template.py
    sam local start-api --template .aws-sam/local/template.yaml --warm-containers EAGER

ADDRESS is where containers reach this machine: `docker network inspect bridge` names it as the gateway. Run this with
the Python of the SAM CLI, whose own reader and writer of templates it uses.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[2]
BUILD, LOCAL = ROOT / ".aws-sam" / "build", ROOT / ".aws-sam" / "local"
ARCHITECTURES = {"arm64": "Arm64", "x86_64": "X86"}
"""How the names of their layers end."""
LEFT_OUT = ("WithAzureBlob", "WithCognito")
AT_AWS = {"FILE_BUCKET": "AWS_ENDPOINT_URL_S3", "SQS_QUEUE_URL": "AWS_ENDPOINT_URL_SQS"}
"""Where the AWS SDK finds what a setting names."""
ASKED_BY_AWS = ("MigrateFunction", "SignUpFunction")
"""What no request and no clock runs. They have a template of their own, or SAM would start a container for each."""
REACH = "HANDOFF_REACH"
ON_LOOPBACK = {"SOURCE_LOOPBACK", "OIDC_KEYS_URL"}
"""Settings that name what a laptop has there."""
WRAPPER = Path(__file__).with_name("reach_loopback.py")


def main() -> None:
    sys.path.insert(0, str(ROOT / "functions" / "shared"))
    from handoff.settings import SETTINGS  # no dependency of its own

    shutil.rmtree(LOCAL, ignore_errors=True)
    LOCAL.mkdir()
    template = yaml_parse((BUILD / "template.yaml").read_text())
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    common = template["Globals"]["Function"]
    shared, report, sign_in = (
        {"Ref": f"{name}Layer{ARCHITECTURES[architecture]}"} for name in ("Shared", "Report", "SignIn")
    )
    migrations = {"Ref": "MigrationsLayer"}
    besides = {"TriggerFunction": sign_in, "CallbackFunction": report, "ConsumeFunction": report}
    besides["MigrateFunction"] = migrations
    common["Architectures"], common["Layers"] = [architecture], [shared]
    resources = template["Resources"]
    # The page's own: SAM would look for its template. And what is of providers that are not chosen: SAM would start a
    # container for it.
    left_out = [name for name, resource in resources.items() if resource["Type"] == "AWS::CloudFormation::Stack"]
    not_here = LEFT_OUT if os.environ.get("QUEUE_PROVIDER") == "sqs" else (*LEFT_OUT, "WithSqs")
    others = [name for name, each in resources.items() if each.get("Condition") in not_here]
    asked = {name: resources.pop(name) for name in ASKED_BY_AWS if name in resources}
    mount_routes(resources)
    for name in (*left_out, *others, "Schema"):
        resources.pop(name, None)
    for name, resource in (resources | asked).items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = str(BUILD / properties["ContentUri"])
        if resource["Type"] == "AWS::Serverless::Function":
            resource.pop("DependsOn", None)
            if "Layers" in properties:
                properties["Layers"] = [shared, besides[name]]
            properties["CodeUri"] = shutil.copytree(BUILD / properties["CodeUri"], LOCAL / properties["CodeUri"])
            function = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Function")).lower()
            needed = [each for each, setting in SETTINGS.items() if function in setting.functions]
            needed += [at for each, at in AT_AWS.items() if each in needed]
            declare(properties["Environment"]["Variables"], needed, os.environ)
            if ON_LOOPBACK & set(needed) and os.environ.get(REACH):
                wrap(properties)
            properties["CodeUri"] = str(properties["CodeUri"])
    layers = {name: resources[name] for name in (shared["Ref"], migrations["Ref"])}
    (LOCAL / "template.yaml").write_text(yaml_dump(template))
    (LOCAL / "asked_by_aws.yaml").write_text(yaml_dump(template | {"Resources": asked | layers}))


def mount_routes(resources: dict[str, Any]) -> None:
    """SAM serves the routes of the functions' events alone, and looks at no token: those of the session's API are put
    among them, and the API goes."""
    beside = {name: each for name, each in resources.items() if each["Type"].startswith("AWS::ApiGatewayV2::")}
    for name, route in beside.items():
        method, _, path = route["Properties"].get("RouteKey", "").rpartition(" ")
        if method:
            integration = route["Properties"]["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
            function, _ = resources[integration]["Properties"]["IntegrationUri"]["Fn::GetAtt"]
            event = {"ApiId": {"Ref": "HttpApi"}, "Method": method, "Path": path}
            resources[function]["Properties"]["Events"][name] = {"Type": "HttpApi", "Properties": event}
    for name in beside:
        del resources[name]


def declare(variables: dict[str, Any], needed: list[str], environment: Mapping[str, str]) -> None:
    """Only the settings this process has: a function's own defaults hold for the others."""
    for name in [name for name in variables if not name.startswith("POWERTOOLS_")]:
        del variables[name]
    variables.update({name: environment[name] for name in needed if environment.get(name)})


def wrap(properties: dict[str, Any]) -> None:
    """What this machine has is put where the function may ask for it: on the container's own loopback interface."""
    wrapper = Path(shutil.copy(WRAPPER, properties["CodeUri"]))
    wrapper.chmod(0o755)
    variables = properties["Environment"]["Variables"]
    variables["AWS_LAMBDA_EXEC_WRAPPER"] = f"/var/task/{wrapper.name}"
    variables[REACH] = os.environ[REACH]


if __name__ == "__main__":
    main()
