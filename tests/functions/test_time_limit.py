"""One attempt has its time, whatever takes it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from handoff.exports.documents import DOCUMENTS
from handoff.exports.documents.base import Document, Rendering, Workshop
from tests.support.handoff import Handoff
from tests.support.tables import contents


class Slow(Document):
    """Takes longer than it may to make its second part."""

    title = "Slow"

    @contextmanager
    def render(self, parameters: Mapping[str, Any], workshop: Workshop) -> Iterator[Rendering]:
        def chunks() -> Iterator[bytes]:
            yield b"%PDF-1.7 "
            time.sleep(workshop.time_left() + 0.05)
            yield b"too late"

        yield Rendering(chunks(), "slow.pdf", "application/pdf")


def test_a_document_that_takes_too_long_ends_the_attempt_and_leaves_no_file(handoff: Handoff) -> None:
    handoff.environment["JOB_TIME_LIMIT_SECONDS"] = "1"
    person = handoff.person()
    with patch.dict(DOCUMENTS, slow=f"{__name__}:Slow"):
        export_id = person.trigger("POST", "/api/exports", body={"document": "slow"}).json["id"]
        assert handoff.deliver(export_id).status == 500
        export = person.export(export_id)
        assert (export["state"], export["problem"]["code"]) == ("queued", "time_limit")
        assert handoff.deliver(export_id, retried=3).status == 500
        export = person.export(export_id)
    assert (export["state"], export["problem"]["code"]) == ("failed", "time_limit")
    assert [file["stored_at"] for file in contents(handoff)["files"]] == [None, None]
