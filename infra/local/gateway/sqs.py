"""Amazon SQS as whoever fetches from it needs it, without a thread: its JSON protocol, signed.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

Message = dict[str, Any]

# SQS holds a request so long while it has nothing to give: the longest there is.
WAIT_SECONDS = 20


class SqsError(Exception):
    """SQS did not do it. The message names the kind."""


class SqsQueue:
    """url: of the queue. environment: where credentials and region are, as the AWS SDK names them."""

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        # Imported on use: a laptop has it only where there is something of AWS's.
        from botocore.auth import SigV4Auth
        from botocore.session import Session

        session = Session(profile=environment.get("AWS_PROFILE"))
        if key := environment.get("AWS_ACCESS_KEY_ID"):
            session.set_credentials(key, environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN"))
        self.region = environment.get("AWS_DEFAULT_REGION") or str(session.get_config_variable("region"))
        self.name = urlsplit(url).path.rpartition("/")[2]
        self._url = url
        self._endpoint = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/"
        self._signer = SigV4Auth(session.get_credentials(), "sqs", self.region)
        self._http = httpx.AsyncClient(timeout=WAIT_SECONDS + 10, trust_env=False)

    async def __aenter__(self) -> SqsQueue:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def receive(self, count: int) -> list[Message]:
        """Up to so many messages, once there is one; none after WAIT_SECONDS. Raises SqsError."""
        answer = await self._ask(
            "ReceiveMessage",
            MaxNumberOfMessages=min(count, 10),
            WaitTimeSeconds=WAIT_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        found: list[Message] = answer.get("Messages") or []
        return found

    async def delete(self, handles: Iterable[str]) -> None:
        """Raises SqsError."""
        entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(handles)]
        if entries:
            answer = await self._ask("DeleteMessageBatch", Entries=entries)
            if answer.get("Failed"):
                raise SqsError("not every message was deleted")

    async def _ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        from botocore.awsrequest import AWSRequest

        body = json.dumps({"QueueUrl": self._url, **parameters})
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
        request = AWSRequest("POST", self._endpoint, headers=headers, data=body)
        self._signer.add_auth(request)
        try:
            answer = await self._http.post(self._endpoint, content=body, headers=dict(request.headers.items()))
            found: dict[str, Any] = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise SqsError(type(error).__name__) from error
        if answer.status_code != 200:
            raise SqsError(str(found.get("__type", answer.status_code)).rpartition("#")[2])
        return found
