"""Why a picture could not be made, in words for the person who asked. Names are stable; the words may change."""

from handoff.jobs import outcomes

OUTCOMES = {
    # The provider (generations/providers)
    "content_policy": "The provider's rules do not allow this picture. Change the prompt and try again.",
    "rate_limited": "The provider has too much to do right now.",
    "quota_exhausted": "The account with the provider is used up.",
    "provider_refused": "The provider did not accept the request.",
    "provider_timeout": "The provider did not answer in time.",
    "provider_unavailable": "The provider had an error of its own.",
    # Its answer
    "answer_truncated": "The picture arrived incomplete.",
    "answer_unreadable": "The provider's answer could not be read.",
    "not_an_image": "The provider sent something that is not a picture.",
    "too_large": "The picture is larger than what is kept.",
    "empty": "The picture is empty.",
}


def words(outcome: str) -> str:
    """A plain sentence for an outcome."""
    return outcomes.words(outcome, OUTCOMES)
