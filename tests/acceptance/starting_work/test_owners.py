"""What belongs to somebody else is not there: 404, and nothing changes."""

from uuid import uuid4

import pytest

from tests.support.handoff import Handoff
from tests.support.problems import assert_problem, without_reference
from tests.support.tables import contents

ON_EXPORTS = [
    ("GET", "/api/exports/{id}"),
    ("POST", "/api/exports/{id}/retry"),
    ("POST", "/api/exports/{id}/cancel"),
    ("POST", "/api/exports/{id}/links"),
]


@pytest.mark.line("D4")
@pytest.mark.parametrize("state", ["queued", "ready", "failed"])
@pytest.mark.parametrize(("method", "path"), ON_EXPORTS, ids=lambda part: str(part).rsplit("/", 1)[-1])
def test_another_persons_export_is_404_in_every_way(method: str, path: str, state: str, handoff: Handoff) -> None:
    owner, stranger = handoff.person(), handoff.person()
    export_id = owner.request_export()
    if state == "ready":
        assert handoff.deliver(export_id).status == 200
    if state == "failed":
        assert handoff.give_up(export_id).status == 200
    before = contents(handoff)
    published = len(handoff.queue.published)
    send = stranger.trigger if method == "POST" else lambda _, path: stranger.status(path)
    answer = send(method, path.format(id=export_id))
    missing = send(method, path.format(id=uuid4()))
    assert_problem(answer, 404, "not-found")
    assert without_reference(answer) == without_reference(missing), "nothing tells it from one that never was"
    assert contents(handoff) == before
    assert len(handoff.queue.published) == published


@pytest.mark.line("D4")
def test_another_persons_link_cannot_be_revoked(handoff: Handoff) -> None:
    owner, stranger = handoff.person(), handoff.person()
    (link,) = owner.ready_export()["links"]
    before = contents(handoff)
    assert_problem(stranger.trigger("DELETE", f"/api/links/{link['id']}"), 404, "not-found")
    assert contents(handoff) == before
    assert handoff.visit(link["url"]).status == 200
    assert owner.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    assert handoff.visit(link["url"]).status == 410


@pytest.mark.line("D4")
def test_the_history_shows_ones_own_exports_alone_whatever_the_cursor(handoff: Handoff) -> None:
    owner, stranger = handoff.person(), handoff.person()
    mine = [owner.request_export() for _ in range(3)]
    theirs = [stranger.request_export() for _ in range(3)]
    first = owner.status("/api/exports", query="limit=1").json
    assert [export["id"] for export in first["items"]] == mine[-1:]
    cursor = first["next_cursor"]
    assert [e["id"] for e in owner.status("/api/exports", query=f"cursor={cursor}").json["items"]] == mine[1::-1]
    seen = stranger.status("/api/exports", query=f"cursor={cursor}").json["items"]
    assert {export["id"] for export in seen} <= set(theirs)


@pytest.mark.line("D4")
def test_a_session_is_nobody_elses(handoff: Handoff) -> None:
    assert len({person.cookies[0] for person in (handoff.person() for _ in range(20))}) == 20
    owner = handoff.person()
    owner.request_export()
    renewed = handoff.person()
    renewed.cookies = [owner.status("/api/session").cookies[0].split(";")[0]]
    assert len(renewed.status("/api/exports").json["items"]) == 1, "renewing keeps the owner"
