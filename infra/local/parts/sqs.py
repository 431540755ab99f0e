"""moto's SQS; or the queue that SQS_QUEUE_URL names, which the caller's AWS_* variables lead to.

No tunnel is needed for a real one: its messages are fetched.
"""

from collections.abc import Mapping

from infra.local import s3, sqs
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings

ANOTHER_QUEUE = ("SQS_QUEUE_URL", "SQS_DEAD_LETTER_QUEUE_URL")


class LocalSqs(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        s3.check_installed("QUEUE_PROVIDER=sqs")
        return None if caller.get("SQS_QUEUE_URL") else Server("SQS", "infra.local.sqs", "sqs.log")

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("SQS_QUEUE_URL"):
            if missing := [name for name in ANOTHER_QUEUE if not caller.get(name)]:
                raise LocalError(f"SQS_QUEUE_URL names another queue, so {', '.join(missing)} must be set too.")
            aws = {name: value for name, value in caller.items() if name.startswith("AWS_")}
            return {"QUEUE_PROVIDER": "sqs", **aws, **{name: caller[name] for name in ANOTHER_QUEUE}}
        return {
            "QUEUE_PROVIDER": "sqs",
            **s3.ACCESS,
            "AWS_ENDPOINT_URL_SQS": surroundings.url,
            "SQS_QUEUE_URL": sqs.queue_url(surroundings.url, sqs.QUEUE),
            "SQS_DEAD_LETTER_QUEUE_URL": sqs.queue_url(surroundings.url, sqs.DEAD_LETTERS),
        }
