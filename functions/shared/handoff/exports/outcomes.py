"""Why an export failed, in words for the person who asked. Names are stable; the words may change."""

from handoff.jobs import outcomes

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
    # The call report
    "too_many_calls": "There are more than 10,000 calls in that period. Ask for a shorter one.",
    "typeset_timeout": "Setting the pages took longer than one attempt may take. Ask for a shorter period.",
    "typeset_too_large": "The pages are more than can be set at once. Ask for a shorter period.",
    "parameters_refused": "It can no longer be made as it was asked for. Ask for it anew.",
}


def words(outcome: str) -> str:
    """A plain sentence for an outcome."""
    return outcomes.words(outcome, OUTCOMES)
