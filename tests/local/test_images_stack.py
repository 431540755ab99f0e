"""Images on the whole stack: asked for, called for by the queue, brought back, and fetched over their links."""

from pathlib import Path

import pytest

from infra.local.stack import Options
from tests.support.cookies import signed
from tests.support.environment import ISSUER, SIGN_IN
from tests.support.stack import local_stack


@pytest.mark.parametrize("queue", ["qstash", "sqs"])
def test_images_are_made_by_the_provider_and_handed_out(queue: str, tmp_path: Path) -> None:
    with local_stack(tmp_path, Options(speed=20), QUEUE_PROVIDER=queue, **SIGN_IN) as stack:
        visitor = stack.visitor()
        ann = {"issuer": ISSUER, "subject": "ann", "email": "ann@corp.com", "nonce": "n"}
        visitor.http.cookies.clear()
        visitor.http.cookies.set("handoff-session", signed(ann, key=stack.settings["SESSION_KEYS"]))

        generation = visitor.finished_images(count=2)
        assert [(image["state"], image["problem"]) for image in generation["images"]] == [("ready", None)] * 2
        for image in generation["images"]:
            file = visitor.http.get(image["links"][0]["url"])
            assert (file.status_code, file.headers["content-type"]) == (200, "image/webp")
            assert file.content[8:12] == b"WEBP"
        assert [image["attempt"] for image in generation["images"]] == [1, 1]

        refused = visitor.finished_images(prompt="A fox [fail: content policy]")["images"][0]
        assert (refused["state"], refused["problem"]["code"], refused["attempt"]) == ("failed", "content_policy", 1)

        known = visitor.http.get("/api/generations/latest").headers["etag"]
        waiting = {"Prefer": "wait=20", "If-None-Match": known}
        visitor.http.post("/api/generations", json={"prompt": "Another"})
        seen = visitor.http.get("/api/generations/latest", headers=waiting)
        assert (seen.status_code, seen.headers["preference-applied"]) == (200, "wait=20")
