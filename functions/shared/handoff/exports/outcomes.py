"""Why an attempt or a run failed, in words for the person who asked. Names are stable; the words may change."""

OUTCOMES = {
    # The source (handoff.fetch)
    "source_refused": "The source is not one that may be fetched.",
    "source_unresolvable": "The source's name could not be looked up.",
    "source_unreachable": "The source could not be reached.",
    "source_timeout": "The source did not answer in time.",
    "source_status": "The source answered with an error.",
    "source_too_large": "The document is larger than what may be exported.",
    "source_truncated": "The source stopped in the middle of the document.",
    "source_encoding": "The source sent the document in an encoding that is not accepted.",
    "source_redirects": "The source redirected too often.",
    # The document
    "not_a_pdf": "The source sent something that is not a PDF.",
    "too_large": "The document is larger than what may be exported.",
    "empty": "The document is empty.",
    # Our side
    "storage_unavailable": "The file could not be stored.",
    "time_limit": "It took longer than one attempt may take.",
    "worker_lost": "The work stopped in the middle.",
    "undeliverable": "The work could not be started.",
    "deadline": "It was not done before its deadline.",
    "unexpected": "Something unexpected went wrong.",
}


def words(outcome: str) -> str:
    """A plain sentence for an outcome."""
    return OUTCOMES.get(outcome, OUTCOMES["unexpected"])
