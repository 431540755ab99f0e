"""The steps of visitors: whoever has a link."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.machine import PICKS, Machine, nth
from tests.machine.model import Link, Visit

# What a range is answered with: (status, first byte, end, whether it is counted as a download).
RANGES: dict[str | None, tuple[int, int | None, int | None, bool]] = {
    None: (200, None, None, True),
    "bytes=0-99": (206, 0, 100, True),
    "bytes=100-": (206, 100, None, False),
    "bytes=-50": (206, -50, None, False),
    "bytes=-9999": (206, None, None, True),
    "bytes=9999-": (416, 0, 0, False),
}


class VisitorSteps(Machine):
    """Each does it for real, tells the model, and compares the answers."""

    @precondition(lambda self: self.every_link)
    @rule(pick=PICKS, method=st.sampled_from(["GET", "GET", "HEAD"]), part=st.sampled_from(list(RANGES)))
    def download(self, pick: int, method: str, part: str | None) -> None:
        link = nth(self.every_link, pick)
        answer = self.handoff.visit(link.url, method, **({"Range": part} if part else {}))
        status, start, end, _ = RANGES[part]
        if self.visited(link, method, part) != "live":
            assert answer.status == (410 if self.is_known(link) else 404)
            assert b"number" not in answer.body
        elif method == "HEAD":
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["content-length"] == str(len(link.run.result.body))
        else:
            assert answer.status == status
            assert status == 416 or answer.body == link.run.result.body[start:end]
            assert status != 416 or b"number" not in answer.body

    @precondition(lambda self: self.every_link)
    @rule(pick=PICKS)
    def download_while_storage_fails(self, pick: int) -> None:
        link = nth(self.every_link, pick)
        if self.is_known(link) and link.state(self.now) == "live":
            rows = self.world.rows()["files"]
            (key,) = [row["key"] for row in rows if row["run_id"] == link.run.id and row["stored_at"]]
            with self.world.without_file(key):
                assert self.handoff.visit(link.url).status == 502
            self.visited(link, "GET", None)
            link.visits[-1].outcome = "failed"

    def visited(self, link: Link, method: str, part: str | None) -> str:
        """The state that the visit found; a link that was deleted is in none."""
        if not self.is_known(link):
            return "unknown"
        state = link.state(self.now)
        counted = method == "GET" and RANGES[part][3]
        link.visits.append(Visit(self.now, "admitted" if state == "live" else state, method, part, counted))
        return state
