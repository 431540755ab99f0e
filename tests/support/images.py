"""People who are signed in and ask for images, on the whole stack of a laptop."""

import json
from typing import Any

from tests.support.cookies import signed
from tests.support.stack import SOON, LocalStack, Visitor, wait_for

ISSUER = "https://issuer.example"
SIGN_IN = {
    "OIDC_ISSUER": ISSUER,
    "OIDC_CLIENT_ID": "handoff",
    "OIDC_KEYS_URL": f"{ISSUER}/keys",
    "OIDC_AUTHORIZATION_URL": f"{ISSUER}/authorize",
    "OIDC_TOKEN_URL": f"{ISSUER}/token",
    "ALLOWED_EMAIL_DOMAINS": "corp.example",
}
"""What a stack's caller sets so that somebody can be signed in."""
UNFINISHED = ("queued", "running")


class Customer(Visitor):
    """Somebody who signed in, of a stack that was started with SIGN_IN."""

    def __init__(self, stack: LocalStack, name: str = "ada") -> None:
        super().__init__(stack)
        person = {"issuer": ISSUER, "subject": name, "email": f"{name}@corp.example", "nonce": "nonce"}
        key = stack.settings["SESSION_KEYS"].split(",")[0]
        self.http.cookies.clear()
        self.http.cookies.set("handoff-session", signed(person, key=key), domain="localhost.local", path="/")
        stack.visitors.append(self)

    def request_images(self, prompt: str, **more: Any) -> str:
        """The generation's id."""
        answer = self.http.post("/api/generations", json={"prompt": prompt, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def generation(self, generation_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/generations/{generation_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def wait_for_images(self, generation_id: str, seconds: float = SOON) -> list[dict[str, Any]]:
        """Once all of them have ended."""

        def look() -> list[dict[str, Any]] | None:
            images: list[dict[str, Any]] = self.generation(generation_id)["images"]
            return images if all(image["state"] not in UNFINISHED for image in images) else None

        found: list[dict[str, Any]] = wait_for(look, seconds)
        return found

    def wait_for_image(self, generation_id: str, seconds: float = SOON) -> dict[str, Any]:
        (image,) = self.wait_for_images(generation_id, seconds)
        return image

    def retry(self, image: dict[str, Any]) -> None:
        answer = self.http.post(f"/api/images/{image['id']}/retry")
        assert answer.status_code == 202, answer.text


def log(stack: LocalStack, name: str) -> list[dict[str, Any]]:
    """The lines of a log, but one that is being written."""
    whole, _, _ = (stack.state.logs / f"{name}.jsonl").read_text("utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]
