"""Why a link gives nothing: one plain sentence, as a tiny page for people and as problem+json for programs.

It names no link, file or person, and nothing that would tell one unknown token from another.
"""

from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response

from handoff.errors import DatabaseUnavailableError
from handoff.links.download import BODY_HEADERS, Answer
from handoff.web.problems import PROBLEMS

SENTENCES = {
    "ended": "This link has ended. Ask the sender for a new one.",
    "unknown": "There is no such link. Check that it was copied whole.",
    "revoked": "This link was revoked. Ask the sender for a new one.",
    "removed": "The file behind this link was removed. Ask the sender to create it again.",
    "range": "The file ends before the part that was asked for.",
    "unavailable": "We cannot look up this link right now. It is unharmed: try again in a moment.",
    "failed": "The file cannot be reached right now. The link still works: try again in a moment.",
}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{sentence}</title></head>
<body><main><h1>{sentence}</h1></main></body></html>
"""


def refusal(answer: Answer, *, wants_html: bool) -> Response:
    """The answer to a refused request on a link."""
    sentence = SENTENCES[answer.outcome]
    headers = {name: value for name, value in BODY_HEADERS.items() if name != "Accept-Ranges"} | dict(answer.headers)
    if answer.outcome == "unavailable":
        headers["Retry-After"] = str(PROBLEMS[DatabaseUnavailableError].retry_after)
    if wants_html:
        return HTMLResponse(PAGE.format(sentence=escape(sentence)), answer.status, headers=headers)
    body = {"type": f"urn:handoff:problem:link-{answer.outcome}", "title": sentence, "status": answer.status}
    return JSONResponse(body, answer.status, headers=headers, media_type="application/problem+json")
