"""However long the history is, the list of missed endings reads those that have no end, and nothing else."""

import re

from handoff.database import load_queries
from tests.bench.calls.history import LOST, fill, plan

CALLS = 40_000
HEAP = re.compile(r"Seq Scan|Bitmap Heap Scan")


def test_the_list_of_failures_is_read_from_the_index_of_what_has_no_end(database_url: str) -> None:
    fill(database_url, CALLS)
    parameters = {"max_call": 3600.0, "window": 7200.0, "before": None, "before_id": None, "limit": 21}
    lines = plan(database_url, load_queries("calls")["read_failures"].sql, **parameters)
    told = "\n".join(lines)
    assert len(re.findall(r"Index (?:Only )?Scan using calls_unresolved", told)) == 2, told
    assert not HEAP.search(told), told
    touched = max(int(pages) for pages in re.findall(r"shared hit=(\d+)", told))
    assert touched < CALLS / LOST, f"{touched} pages for {CALLS // LOST} calls without an end"
