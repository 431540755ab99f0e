"""The Content-Type that a file is handed out with: never one that a browser would run as a script of our origin."""

import re

# https://mimesniff.spec.whatwg.org/#javascript-mime-type
_SCRIPT = re.compile(
    r"(?:application|text)/(?:x-)?(?:ecmascript|javascript)|text/(?:javascript1\.[0-5]|jscript|livescript)",
    re.IGNORECASE,
)
UNKNOWN = "application/octet-stream"


def inert_type(content_type: str) -> str:
    """The type of a file, or that of unknown bytes where the file is a script.

    A link is on the page's own origin, from which the page's policy lets scripts come; a script that was exported is
    saved like any other file, but runs nowhere (nosniff keeps a browser from guessing).
    """
    essence = content_type.partition(";")[0].strip()
    return UNKNOWN if _SCRIPT.fullmatch(essence) else content_type
