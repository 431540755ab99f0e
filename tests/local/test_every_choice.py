"""The whole export with each queue and each store, chosen by settings alone: the promises are the same."""

import itertools
from collections.abc import Iterator

import pytest

from infra.local.parts import QUEUES, STORES
from infra.local.stack import Options
from tests.support.stack import LocalStack, Visitor, local_stack, wait_for

SIZE = 300_000


@pytest.fixture(scope="module", params=list(itertools.product(QUEUES, STORES)), ids=" and ".join)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    queue, store = request.param
    folder = tmp_path_factory.mktemp("choice")
    pdf = folder / "report.pdf"
    pdf.write_bytes(b"%PDF-1.7\n".ljust(SIZE, b"x"))
    options = Options(pdf=pdf, speed=10)
    with local_stack(folder / "state", options, QUEUE_PROVIDER=queue, STORAGE_PROVIDER=store) as running:
        assert (running.settings["QUEUE_PROVIDER"], running.settings["STORAGE_PROVIDER"]) == (queue, store)
        yield running


@pytest.fixture
def visitor(stack: LocalStack) -> Visitor:
    return stack.visitor()


def test_an_export_is_made_and_its_link_gives_the_file_until_it_is_revoked(stack: LocalStack, visitor: Visitor) -> None:
    export = visitor.wait_for_end(visitor.request_export())
    assert (export["state"], export["attempt"], len(export["links"])) == ("ready", 1, 1)
    link = export["links"][0]
    whole = visitor.http.get(link["url"])
    assert (whole.status_code, whole.content) == (200, b"%PDF-1.7\n".ljust(SIZE, b"x"))
    assert whole.headers["content-disposition"].startswith('attachment; filename="report.pdf"')
    part = visitor.http.get(link["url"], headers={"Range": "bytes=5-8", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[5:9])

    fresh = visitor.http.post(f"/api/exports/{export['id']}/links").json()
    assert visitor.http.delete(f"/api/links/{link['id']}").status_code == 204
    assert visitor.http.get(link["url"]).status_code == 410
    assert visitor.http.get(fresh["url"]).content == whole.content


def test_what_fails_is_tried_again_and_ends_by_name(stack: LocalStack, visitor: Visitor) -> None:
    """The file that the source serves is gone: an error that another attempt may mend."""
    pdf = stack.state.folder.parent / "report.pdf"
    hidden = pdf.rename(pdf.with_suffix(".hidden"))
    try:
        export_id = visitor.request_export()
        wait_for(lambda: visitor.export(export_id)["problem"] is not None)
        assert visitor.export(export_id)["problem"]["code"] == "source_unreachable"
    finally:
        hidden.rename(pdf)
    export = visitor.wait_for_end(export_id)
    assert (export["state"], export["problem"]) == ("ready", None)
    assert export["attempt"] >= 2


def test_nothing_is_left_to_send_and_nothing_was_done_twice(stack: LocalStack) -> None:
    assert stack.rows("SELECT count(*) AS left FROM outbox") == [{"left": 0}]
    (results,) = stack.rows(
        "SELECT count(*) AS all, count(DISTINCT run_id) AS runs FROM files WHERE stored_at IS NOT NULL"
    )
    assert results["all"] == results["runs"] == 2
