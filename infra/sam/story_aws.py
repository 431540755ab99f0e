"""What is shown through `sam local` of the functions that AWS itself asks: the schema's, by CloudFormation, and the one
that Amazon Cognito asks who may have an account."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from infra.local.identity import DOMAIN
from infra.sam.talk import Talk, must

Json = dict[str, Any]
Invoke = Callable[[str, Json], Awaitable[Any]]


async def migrate(talk: Talk, invoke: Invoke, bind: str, address: str) -> None:
    """bind: where CloudFormation's side listens. address: of this machine, as the function sees it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
    """
    answers: list[Json] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        answers.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(take, bind, 0) as server:
        port = server.sockets[0].getsockname()[1]
        properties = {"ServiceToken": "arn:aws:lambda:::function:migrate", "Migrations": "1", "Database": "secret"}
        request = {
            "RequestType": "Create",
            "ResponseURL": f"http://{address}:{port}/answer",
            "StackId": "arn:aws:cloudformation:::stack/handoff/1",
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": "Schema",
            "ResourceType": "Custom::Schema",
            "ResourceProperties": properties,
        }
        returned = await invoke("MigrateFunction", request)
    must(answers == [returned], f"CloudFormation was answered {answers}, the function returned {returned}")
    must(answers[0]["Status"] == "SUCCESS", f"the schema was not migrated: {answers[0].get('Reason')}")
    talk.note(f"`sam local invoke MigrateFunction` answered CloudFormation: {answers[0]['Status']}")


async def sign_up(talk: Talk, invoke: Invoke) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html"""
    asked = sign_up_event(f"new@{DOMAIN}")
    must(await invoke("SignUpFunction", asked) == asked, "an address that is allowed was not let in as it is")
    refused = await invoke("SignUpFunction", sign_up_event("new@elsewhere.example"))
    must(refused.get("errorType") == "WrongDomainError", f"an address of another domain: {refused}")
    talk.note(f"`sam local invoke SignUpFunction` lets in {DOMAIN}, and says to others: {refused['errorMessage']}")


def sign_up_event(email: str) -> Json:
    return {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": "us-east-1",
        "userPoolId": "us-east-1_AbCdEfGhI",
        "userName": str(uuid.uuid4()),
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
        "request": {"userAttributes": {"email": email}, "validationData": None},
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }
