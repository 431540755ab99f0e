"""What the queue tells of a call: https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback"""

import base64
import json
from typing import Any

from tests.support.deliveries import delivery

MAX_RETRIES = 2


def answer_report(
    image_id: str, body: bytes, *, status: int | None, run_try: int = 1, retried: int = 0, what: str = "", **more: Any
) -> dict[str, Any]:
    """The event of a signed callback, or with `what` of a failure callback."""
    report = {
        "status": status,
        "header": {},
        "body": base64.b64encode(body).decode(),
        "retried": retried,
        "maxRetries": MAX_RETRIES,
        "sourceMessageId": f"msg of {image_id}",
        "sourceHeader": {"Authorization": ["Bearer sk-" + "o" * 32]},
        "sourceBody": base64.b64encode(b"Picture(prompt=...)").decode(),
        **more,
    }
    return delivery(f"/api/worker/openai/{image_id}{what}?try={run_try}", json.dumps(report).encode())
