"""The laptop's source of a document."""

import threading
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from infra.local.errors import PdfError
from infra.local.source import DEFAULT_PDF, PATH, check_pdf, make_server


def test_the_default_document_is_a_small_pdf() -> None:
    assert check_pdf(DEFAULT_PDF) == DEFAULT_PDF
    assert DEFAULT_PDF.stat().st_size < 100_000
    reader = PdfReader(DEFAULT_PDF)
    assert len(reader.pages) == 2
    assert "Handoff" in reader.pages[0].extract_text()


def test_a_file_that_is_no_pdf_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<html>")
    with pytest.raises(PdfError, match=r"PDF=.*page\.html is not a PDF"):
        check_pdf(file)
    with pytest.raises(PdfError, match="No such file"):
        check_pdf(tmp_path / "absent.pdf")
    with pytest.raises(PdfError, match="Is a directory"):
        check_pdf(tmp_path)


def test_a_home_that_nobody_has_is_named() -> None:
    with pytest.raises(PdfError, match=r"PDF=~nosuchuser/a\.pdf: the home that ~nosuchuser stands for is not known\."):
        check_pdf(Path("~nosuchuser/a.pdf"))


def test_it_serves_the_file_and_nothing_else() -> None:
    with make_server(0, DEFAULT_PDF) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            response = httpx.get(url + PATH, trust_env=False)
            assert (response.content, response.headers["content-type"]) == (DEFAULT_PDF.read_bytes(), "application/pdf")
            assert httpx.head(url + PATH, trust_env=False).headers["content-length"] == str(len(response.content))
            assert httpx.get(url + "/", trust_env=False).status_code == 404
            for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:1", ""):
                assert httpx.get(url + PATH, headers={"Host": host}, trust_env=False).status_code == 421
            for host in ("localhost:8081", "LOCALHOST", "[::1]:8081", "10.88.0.1:8081"):
                assert httpx.get(url + PATH, headers={"Host": host}, trust_env=False).status_code == 200
        finally:
            server.shutdown()
