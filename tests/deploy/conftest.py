"""An account of moto's, with the stack that a deployment would have made; and a SAM CLI that says what it was asked."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

REGION = "eu-central-1"
SAM = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__)
here.with_name("asked.json").write_text(json.dumps(sys.argv[1:]))
if "--guided" in sys.argv:
    config = here.with_name("samconfig.toml")
    config.write_text(config.read_text() + '[default.deploy.parameters]\\nregion = "{REGION}"\\n')
sys.exit(int(here.with_name("exit").read_text()))
"""
FILES = {
    "index.html": "text/html; charset=utf-8",
    "css/app.css": "text/css; charset=utf-8",
    "js/app.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass
class Account:
    root: Path
    bucket: str
    distribution: str
    secret: str

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION)

    @property
    def asked(self) -> list[str]:
        """What the SAM CLI was asked at last; nothing if it was not started."""
        file = self.root / "asked.json"
        found: list[str] = json.loads(file.read_text()) if file.exists() else []
        return found

    def invalidations(self) -> list[Any]:
        listed = self.client("cloudfront").list_invalidations(DistributionId=self.distribution)["InvalidationList"]
        found: list[Any] = listed.get("Items", [])
        return found


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "sam"
    program.write_text(SAM)
    program.chmod(0o755)
    (tmp_path / "exit").write_text("0")
    monkeypatch.setenv("SAM", str(program))
    (tmp_path / "samconfig.toml").write_text(
        f'version = 0.1\n[default.global.parameters]\nstack_name = "handoff-dev"\n[prod.global.parameters]\n'
        f'stack_name = "handoff-prod"\n[prod.deploy.parameters]\nregion = "{REGION}"\n'
    )
    for name in FILES:
        file = tmp_path / "frontend" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"of {name}")
    with mock_aws():
        yield deployed(tmp_path)


def deployed(root: Path) -> Account:
    cloudfront = boto3.client("cloudfront", region_name=REGION)
    bucket, secret = "handoff-page", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:none"
    boto3.client("s3", region_name=REGION).create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    secret = boto3.client("secretsmanager", region_name=REGION).create_secret(
        Name="token", SecretString='{"QSTASH_TOKEN": ""}'
    )["ARN"]
    origin = {"Id": "page", "DomainName": f"{bucket}.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    distribution = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "test",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "page", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )["Distribution"]["Id"]
    outputs = {
        "PageUrl": ("https://page.example", "The page."),
        "PageBucket": (bucket, "Where the files of frontend/ go."),
        "DistributionId": (distribution, "The distribution."),
        "QueueTokenSecretArn": (secret, "Fill in QSTASH_TOKEN here."),
    }
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value, "Description": about} for name, (value, about) in outputs.items()},
    }
    for stack in ("handoff-dev", "handoff-prod"):
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName=stack, TemplateBody=json.dumps(template)
        )
    return Account(root, bucket, distribution, secret)
