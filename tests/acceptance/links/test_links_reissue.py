"""A fresh link to a file that is there already."""

from hashlib import sha256

import pytest

from tests.acceptance.links.expected import assert_refused, assert_sent
from tests.support.clocks import DatabaseClock
from tests.support.handoff import Handoff
from tests.support.servers import Source
from tests.support.tables import contents


@pytest.mark.line("L22")
def test_a_fresh_link_works_at_once_without_a_job_and_resumes_what_the_old_one_began(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    person = handoff.person()
    export = person.ready_export()
    old = export["links"][0]
    before, published, fetched = contents(handoff), len(handoff.queue.published), source.requests
    begun = handoff.visit(old["url"], Range="bytes=0-999")
    assert_sent(begun, source.body, (0, 1000))
    clock.stop_in_life(old, 120)
    assert_refused(handoff.visit(old["url"], Range="bytes=1000-", If_Range=begun.headers["etag"]), "ended")

    answer = person.trigger("POST", f"/api/exports/{export['id']}/links")
    assert answer.status == 201
    new = answer.json
    assert (new["state"], new["revoked_at"], new["downloads"]) == ("live", None, 0)
    assert new["url"] != old["url"]
    rest = handoff.visit(new["url"], Range="bytes=1000-", If_Range=begun.headers["etag"])
    assert_sent(rest, source.body, (1000, len(source.body)))
    assert rest.headers["etag"] == begun.headers["etag"]
    assert sha256(begun.body + rest.body).digest() == sha256(source.body).digest()

    after = contents(handoff)
    assert (len(handoff.queue.published), source.requests) == (published, fetched), "a job ran"
    assert (after["files"], after["outbox"]) == (before["files"], before["outbox"])
    assert len(after["links"]) == 2
    assert before["links"][0] in after["links"], "the old link was changed"
    assert person.export(export["id"])["downloads"] == 1, "a resumed download is one download"

    clock.stop_in_life(new, 119.999999)
    assert handoff.visit(new["url"]).status == 200
    clock.stop_in_life(new, 120)
    assert_refused(handoff.visit(new["url"]), "ended")


@pytest.mark.line("L22")
def test_a_download_resumes_over_a_change_of_keys(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export = person.ready_export()
    link = export["links"][0]
    begun = handoff.visit(link["url"], Range="bytes=0-999")
    rotated = "n" * 40 + "," + handoff.environment["LINK_KEYS"]
    for name in ("trigger", "download"):
        vars(handoff)[name] = handoff.load(name, LINK_KEYS=rotated)
    fresh = person.trigger("POST", f"/api/exports/{export['id']}/links").json
    for url in (link["url"], fresh["url"]):
        rest = handoff.visit(url, Range="bytes=1000-", If_Range=begun.headers["etag"])
        assert_sent(rest, source.body, (1000, len(source.body)))
    vars(handoff)["download"] = handoff.load("download", LINK_KEYS="n" * 40)
    assert_refused(handoff.visit(link["url"]), "unknown")
    assert handoff.visit(fresh["url"]).status == 200


@pytest.mark.line("L21")
def test_every_link_that_works_can_be_found_and_revoked_however_many_came_after_it(handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    (first,) = export["links"]
    revoked: list[str] = []
    for _ in range(22):
        link = person.trigger("POST", f"/api/exports/{export['id']}/links").json
        assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
        revoked.insert(0, link["id"])
    seen = person.export(export["id"])["links"]
    assert [link["id"] for link in seen] == [*revoked[:19], first["id"]], "the newest of those that do not work"
    assert [link["state"] for link in seen] == ["revoked"] * 19 + ["live"]
