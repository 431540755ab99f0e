"""Why a link gives nothing: one plain sentence, as a tiny page for people and as problem+json for programs.

It names no link, file or person, and nothing that would tell one unknown token from another.
"""

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response

from handoff.errors import DatabaseUnavailableError
from handoff.links.download import BODY_HEADERS, Answer
from handoff.web.problems import PROBLEMS

# What happened, and what the visitor can do.
WORDS = {
    "ended": ("This link has ended.", "Ask the sender for a new one."),
    "unknown": ("There is no such link.", "Check that it was copied whole."),
    "revoked": ("This link was revoked.", "Ask the sender for a new one."),
    "removed": ("The file behind this link was removed.", "Ask the sender to create it again."),
    "range": ("There is no such part of this file.", "It ends before what was asked for."),
    "unavailable": ("This link cannot be looked up right now.", "It is unharmed: try again in a moment."),
    "failed": ("The file cannot be reached right now.", "The link still works: try again in a moment."),
}

STYLE = """
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }
body { min-height: 100svh; margin: 0; display: grid; place-items: center; background: #f4f7f6; color: #1b2320 }
main { max-width: 26rem; padding: 1.5rem; text-align: center; text-wrap: balance }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25 }
p { margin: 0; color: #55605c }
@media (prefers-color-scheme: dark) { body { background: #0d1110; color: #edf2f0 } p { color: #a3afab } }
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{happened}</title><style>{style}</style></head>
<body><main><h1>{happened}</h1><p>{advice}</p></main></body></html>
"""

# Nothing but this very style may do anything on the page.
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_POLICY = f"{BODY_HEADERS['Content-Security-Policy']}; style-src 'sha256-{STYLE_HASH}'"


def refusal(answer: Answer, *, wants_html: bool) -> Response:
    """The answer to a refused request on a link."""
    happened, advice = WORDS[answer.outcome]
    headers = {name: value for name, value in BODY_HEADERS.items() if name != "Accept-Ranges"} | dict(answer.headers)
    if answer.outcome == "unavailable":
        headers["Retry-After"] = str(PROBLEMS[DatabaseUnavailableError].retry_after)
    if wants_html:
        headers["Content-Security-Policy"] = PAGE_POLICY
        page = PAGE.format(happened=escape(happened), advice=escape(advice), style=STYLE)
        return HTMLResponse(page, answer.status, headers=headers)
    body = {
        "type": f"urn:handoff:problem:link-{answer.outcome}",
        "title": f"{happened} {advice}",
        "status": answer.status,
    }
    return JSONResponse(body, answer.status, headers=headers, media_type="application/problem+json")
