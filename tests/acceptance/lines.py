"""The lines of acceptance, and the tests that show them: `python -m tests.acceptance.lines` prints the table."""

import ast
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]

LINES = {
    # Links and the download proxy
    "L1": "before its end a link gives the very bytes that were stored",
    "L2": "from its end on it gives 410, no byte, and asks nothing of storage",
    "L3": "of many requests at the end, some waiting on a lock, none is admitted after it",
    "L4": "the function's clock changes nothing",
    "L5": "a slow reader that was admitted finishes",
    "L6": "every token but the right one gets the same 404 and leaves no trace",
    "L7": "the database holds no live token",
    "L8": "the headers of a body",
    "L9": "no header of storage or source passes",
    "L10": "no body, header or log names what is behind the link",
    "L11": "hostile file names become one safe header",
    "L12": "what does not begin as a PDF is not served as one",
    "L13": "HEAD, and what counts as a download",
    "L14": "ranges",
    "L15": "other methods: 405 without effect",
    "L16": "a preview does not use up a link",
    "L17": "no redirect and no URL comes from the request",
    "L18": "storage that fails: 502, and the link is unharmed",
    "L19": "files too large for Lambda",
    "L20": "four refusals, four plain sentences",
    "L21": "a revoked link ends at once",
    "L22": "a new link resumes what an older one began",
    # The source fetch
    "B1": "only allowed hosts, at checked public addresses, hop by hop",
    "B2": "endless, too large, too slow or compressed: stopped at the limit",
    # Queue deliveries
    "C1": "forgeries: 401 with one body",
    "C2": "what is accepted: both keys, a minute of skew, base64",
    "C3": "signing keys that are unset or short stop the start",
    "C4": "sub is compared with the configured URL alone",
    "C5": "the same delivery many times has one effect",
    "C6": "done 200, leased 409, hopeless 489",
    "C7": "tries, and reports of failure that come late",
    "C8": "a retry after the final failure really runs",
    # Starting work
    "D1": "Idempotency-Key",
    "D2": "publish fails, database down",
    "D3": "a commit whose answer was lost",
    "D4": "one person never reaches another's",
    # Calls
    "E1": "every order of a call's events, duplicates included: the same row",
    "E2": "ended before started, started twice, ended twice",
    "E3": "an event of an unknown type is kept, and answered 202",
    "E4": "unsigned or stale: 401",
    "E5": "the same event many times at once: one row",
    "E6": "queue down: the event goes to the outbox, and 202 is answered",
    "E7": "queue and database down: 503, and what is sent again is taken",
    # E-mail domains
    "F1": "only a verified address of exactly an allowed domain is let in",
    "F2": "only a token that the right issuer made for us, for this session, and that is valid now",
    "F3": "what was made before signing in is one's own afterwards, once, and nobody else's",
    "F4": "the issuer is asked for its keys seldom, whatever is sent, and may be down",
    # Everything
    "G1": "malformed input: no 5xx, no change, a plain problem",
    "G2": "no secret and no token in a log",
}


def shown_by() -> dict[str, list[str]]:
    """For each line the tests that are marked with it, as file::name, read from the source."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        whole_file = [line for node in tree.body if isinstance(node, ast.Assign) for line in _lines(node.value)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marked = [line for decorator in node.decorator_list for line in _lines(decorator)]
                for line in {*marked, *whole_file}:
                    found[line].append(f"{file.relative_to(TESTS)}::{node.name}")
    return found


def _lines(expression: ast.expr) -> list[str]:
    return [
        str(argument.value)
        for call in ast.walk(expression)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.line"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


if __name__ == "__main__":
    by_line = shown_by()
    for line, meaning in LINES.items():
        print(f"{line:4} {meaning}")
        print("\n".join(f"       {test}" for test in by_line[line]))
