"""What is not a PDF is never handed on as one."""

from pathlib import Path

import pytest

from tests.support.handoff import Handoff
from tests.support.servers import Source

PAGE = b"<!doctype html><script>alert(document.domain)</script>"


NOT_PDFS = [PAGE, b"\n" + PAGE, b"\n%PDF-1.7\n", PAGE + b"%PDF-1.7", b"%PDF", b"%pdf-1.7\n", b"\xef\xbb\xbf%PDF-1.7"]


@pytest.mark.line("L12")
def test_bytes_that_only_claim_to_be_a_pdf_end_the_export_with_a_named_reason(
    handoff: Handoff, source: Source, tmp_path: Path
) -> None:
    person = handoff.person()
    for body in NOT_PDFS:
        source.body = body
        export_id = person.request_export()
        answer = handoff.deliver(export_id)
        assert (answer.status, answer.headers["upstash-nonretryable-error"]) == (489, "true"), body
        export = person.export(export_id)
        assert (export["state"], export["file"], export["links"]) == ("failed", None, [])
        assert export["problem"]["code"] == "not_a_pdf"
        assert export["problem"]["title"] == "The source sent something that is not a PDF."
        assert person.trigger("POST", f"/api/exports/{export_id}/links").status == 409
    assert handoff.rows("SELECT count(*) FROM links") == [{"count": 0}]
    files = handoff.rows("SELECT DISTINCT stored_at, name, content_type FROM files")
    assert files == [{"stored_at": None, "name": None, "content_type": None}]
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.mark.line("L12")
def test_what_begins_as_a_pdf_is_one_however_short(handoff: Handoff, source: Source) -> None:
    source.body = b"%PDF-"
    assert handoff.visit(handoff.person().ready_export()["links"][0]["url"]).body == b"%PDF-"
