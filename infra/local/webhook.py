"""An event of a carrier's, signed as one that sends Standard Webhooks signs it."""

from datetime import UTC, datetime

from standardwebhooks import Webhook


def signed(event_id: str, body: bytes, secret: str) -> dict[str, str]:
    """The headers, signed now: each time that it is sent, anew. secret: whsec_… https://www.standardwebhooks.com"""
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body.decode()),
    }
