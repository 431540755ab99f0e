"""The steps of owners: ask, call off, ask again, link, revoke and look; and what comes of trying it with another's.

What changes something may lose Postgres's answer, once: the statement is then sent again, and nobody may notice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.machine import PICKS, Machine, nth

OWNERS = st.integers(0, 1)
LOST = st.sampled_from((False, False, True))
"""Whether the answer to the statement is lost once, after its commit."""


class OwnerSteps(Machine):
    """Each does it for real, tells the model, and compares the answers."""

    @rule(owner=OWNERS, key=st.sampled_from([None, "one", "other"]), lost=LOST)
    def request(self, owner: int, key: str | None, lost: bool = False) -> None:
        known, has_place = self.history.known(owner, key), self.history.has_place(owner)
        headers = {"Idempotency-Key": key} if key else {}
        with self.losing_the_answer("request_export", lost):
            answer = self.world.people[owner].trigger("POST", "/api/exports", body={}, headers=headers)
        assert answer.status == (202 if known or has_place else 429)
        if known:
            assert answer.json["id"] == known.id
        elif has_place:
            self.history.add(answer.json["id"], owner, key)

    @precondition(lambda self: self.history.runs)
    @rule(pick=PICKS, lost=LOST)
    def cancel(self, pick: int, lost: bool) -> None:
        run = nth(self.history.runs, pick)
        with self.losing_the_answer("cancel_run", lost):
            answer = self.ask(run.owner, "POST", f"/api/exports/{run.id}/cancel")
        assert answer.status == run.cancel(self.now)

    @precondition(lambda self: self.history.runs)
    @rule(pick=PICKS, lost=LOST)
    def retry(self, pick: int, lost: bool) -> None:
        run = nth(self.history.runs, pick)
        with self.losing_the_answer("retry_run", lost):
            answer = self.ask(run.owner, "POST", f"/api/exports/{run.id}/retry")
        assert answer.status == run.retry(self.now, self.history.has_place(run.owner))
        if answer.status == 202:
            self.history.publish(run)

    @precondition(lambda self: self.history.runs)
    @rule(pick=PICKS, lost=LOST)
    def issue_a_link(self, pick: int, lost: bool) -> None:
        run = nth(self.history.runs, pick)
        with self.losing_the_answer("issue_link", lost):
            answer = self.ask(run.owner, "POST", f"/api/exports/{run.id}/links")
        assert answer.status == run.issue(self.now)
        if answer.status == 201:
            run.links[-1].id, run.links[-1].url = answer.json["id"], answer.json["url"]
            self.every_link.append(run.links[-1])

    @precondition(lambda self: self.every_link)
    @rule(pick=PICKS, lost=LOST)
    def revoke(self, pick: int, lost: bool) -> None:
        link = nth(self.every_link, pick)
        with self.losing_the_answer("revoke_link", lost):
            answer = self.ask(link.run.owner, "DELETE", f"/api/links/{link.id}")
        assert answer.status == (204 if self.is_known(link) else 404)
        link.revoked_at = link.revoked_at or self.now

    @precondition(lambda self: self.history.runs)
    @rule(pick=PICKS)
    def look(self, pick: int) -> None:
        run = nth(self.history.runs, pick)
        seen = self.world.people[run.owner].export(run.id)
        assert (seen["state"], seen["try"], seen["attempt"]) == (run.state, run.try_, run.attempt)
        assert (seen["problem"] or {}).get("code") == run.outcome
        assert seen["downloads"] == sum(link.downloads for link in run.links)
        links = {link["id"]: (link["state"], link["downloads"], link["url"]) for link in seen["links"]}
        known = {link.id: (link.state(self.now), link.downloads, link.url) for link in run.links}
        assert len(links) == min(len(known), 20)
        assert links.items() <= known.items()

    @precondition(lambda self: self.history.runs)
    @rule(pick=PICKS)
    def try_it_with_anothers(self, pick: int) -> None:
        run = nth(self.history.runs, pick)
        path, other = f"/api/exports/{run.id}", 1 - run.owner
        assert self.world.people[other].status(path).status == 404
        for action in ("cancel", "retry", "links"):
            assert self.ask(other, "POST", f"{path}/{action}").status == 404
        for link in run.links:
            assert self.ask(other, "DELETE", f"/api/links/{link.id}").status == 404

    @contextmanager
    def losing_the_answer(self, query: str, lost: bool) -> Iterator[None]:
        if lost:
            self.world.cut(query, "after")
        yield
        assert query not in self.world.proxy.after, "no answer was lost"

    def ask(self, owner: int, method: str, path: str) -> Any:
        return self.world.people[owner].trigger(method, path)
