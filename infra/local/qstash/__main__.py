"""`python -m infra.local.qstash [--port 8080] [--speed 1] [--map HOST:PORT=URL]`: run the local QStash.

Prints one JSON line, {"url": ...}, on stdout when it is ready; logs JSON lines on stderr; runs until SIGINT or SIGTERM.
Exit status: 0 when stopped, 2 when the port is taken. The token and the signing keys are QSTASH_TOKEN,
QSTASH_CURRENT_SIGNING_KEY and QSTASH_NEXT_SIGNING_KEY of the environment, by default those of the official development
server. QSTASH_READONLY_TOKEN, where it is set, is one that can only look.
"""

import argparse
import os
import sys

import httpx

from infra.local import qstash
from infra.local.qstash import detours, process_log, server
from infra.local.qstash.clock import Clock
from infra.local.qstash.service import Service
from infra.local.qstash.signing import SigningKeys


def main() -> int:
    """Parse the arguments and serve."""
    arguments = _parser().parse_args()
    try:
        bound = server.bind(arguments.port)
    except OSError as exc:
        print(f"qstash: cannot listen on {server.HOST}:{arguments.port}: {exc.strerror}", file=sys.stderr)
        return 2
    process_log.start()
    app = server.make_app(
        lambda: Service(
            token=os.environ.get("QSTASH_TOKEN") or qstash.DEVELOPMENT_TOKEN,
            keys=SigningKeys(
                os.environ.get("QSTASH_CURRENT_SIGNING_KEY") or qstash.DEVELOPMENT_CURRENT_SIGNING_KEY,
                os.environ.get("QSTASH_NEXT_SIGNING_KEY") or qstash.DEVELOPMENT_NEXT_SIGNING_KEY,
            ),
            readonly_token=os.environ.get("QSTASH_READONLY_TOKEN") or None,
            detours=dict(arguments.map),
            clock=Clock(arguments.speed),
            keep_retry_after=arguments.keep_retry_after,
        )
    )
    server.Server(app, announce=lambda line: print(line, flush=True)).run(sockets=[bound])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.qstash", description="A local QStash, v2 protocol.")
    parser.add_argument("--port", type=_port, default=8080, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides every delay (default: %(default)g)")
    parser.add_argument(
        "--keep-retry-after",
        action="store_true",
        help="do not divide Retry-After: it is about the destination's clock, which --speed does not change",
    )
    parser.add_argument(
        "--map",
        type=_detour,
        action="append",
        default=[],
        metavar="HOST:PORT=URL",
        help="connect there for messages to that host; https may become http (repeatable)",
    )
    return parser


def _detour(text: str) -> tuple[tuple[str, int], httpx.URL]:
    try:
        return detours.parse(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 1e6:
        raise argparse.ArgumentTypeError("a speed is a number above 0, at most 1000000")
    return speed


if __name__ == "__main__":
    raise SystemExit(main())
