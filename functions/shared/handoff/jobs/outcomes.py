"""Why any run may fail, for what comes of our side, in words for the person who asked. Names are stable.

What comes of the work itself stands beside it: exports/outcomes.py, generations/outcomes.py.
"""

from collections.abc import Mapping

OUTCOMES = {
    "storage_unavailable": "The file could not be stored.",
    "time_limit": "It took longer than one attempt may take.",
    "worker_lost": "The work stopped in the middle.",
    "undeliverable": "The work could not be started.",
    "deadline": "It was not done before its deadline.",
    "unexpected": "Something unexpected went wrong.",
}


def words(outcome: str, own: Mapping[str, str]) -> str:
    """A plain sentence for an outcome, of the work's own or of ours."""
    return own.get(outcome) or OUTCOMES.get(outcome, OUTCOMES["unexpected"])
