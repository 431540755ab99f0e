"""The stack that was deployed: what it is made of, and what is left to do by hand."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, WaiterError

from infra.deploy.errors import DeployError
from infra.deploy.sam import CREDENTIALS
from infra.deploy.stages import Stage

TO_FILL_IN = "Fill in"
"""How the description of an output begins whose secret a person has to fill in."""


def remove_failed_creation(stage: Stage) -> None:
    """A stack whose creation failed is empty and can only be deleted, while SAM would try to change it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
    """
    if not stage.region:
        return
    client = boto3.Session(region_name=stage.region).client("cloudformation")
    try:
        (found,) = client.describe_stacks(StackName=stage.stack)["Stacks"]
        if found["StackStatus"] == "ROLLBACK_COMPLETE":
            print(f"Deleting {stage.stack}, whose creation failed: nothing is in it.", flush=True)
            client.delete_stack(StackName=stage.stack)
            client.get_waiter("stack_delete_complete").wait(StackName=stage.stack)
    except (NoCredentialsError, NoRegionError) as error:
        raise DeployError(CREDENTIALS) from error
    except WaiterError as error:
        raise DeployError(f"{stage.stack}, whose creation failed, could not be deleted: {error}") from error
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # there is none
            raise DeployError(f"{CREDENTIALS} ({error.response['Error']['Code']})") from error


@dataclass(frozen=True)
class Stack:
    stage: Stage
    session: Any
    outputs: dict[str, str]
    descriptions: dict[str, str]

    @classmethod
    def find(cls, stage: Stage) -> "Stack":
        """Raises DeployError."""
        session = boto3.Session(region_name=stage.region or None)
        try:
            (found,) = session.client("cloudformation").describe_stacks(StackName=stage.stack)["Stacks"]
        except (NoCredentialsError, NoRegionError) as error:
            raise DeployError(CREDENTIALS) from error
        except ClientError as error:
            code, words = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code == "ValidationError":
                raise DeployError(f"there is no stack {stage.stack} yet: make deploy STAGE={stage.name}") from error
            raise DeployError(f"{CREDENTIALS} ({code}: {words})") from error
        told = found.get("Outputs", [])
        return cls(
            stage,
            session,
            {each["OutputKey"]: each["OutputValue"] for each in told},
            {each["OutputKey"]: each.get("Description", "") for each in told},
        )

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def tell(self) -> None:
        """Print what there is, what has to be filled in, and how to see whether it works."""
        width = max(map(len, self.outputs))
        for name in sorted(self.outputs):
            print(f"  {name:{width}}  {self.outputs[name]}")
        empty = [name for name in sorted(self.outputs) if self._is_to_be_filled_in(name)]
        if empty:
            print("\nStill empty, and the functions name what they miss until it is there:")
        for name in empty:
            print(f"  {self.descriptions[name]}\n    {self.outputs[name]}")
        page = self.outputs["PageUrl"]
        print(f"\nLook it over:  make doctor URL={page}\nTry it:        make smoke URL={page}")

    def _is_to_be_filled_in(self, output: str) -> bool:
        """Whether it is a secret with an empty value that was never changed."""
        if not self.descriptions[output].startswith(TO_FILL_IN):
            return False
        try:
            secret = self.client("secretsmanager").describe_secret(SecretId=self.outputs[output])
        except ClientError:
            return True  # who may not look is reminded
        return bool(len(secret.get("VersionIdsToStages", {})) <= 1)
