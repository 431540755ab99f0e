"""`python -m infra.local.azurite --port 10000 [--container handoff-files]`: serves until it is ended."""

import argparse

from infra.local.azurite import CONTAINER, serve

parser = argparse.ArgumentParser(prog="python -m infra.local.azurite")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--container", default=CONTAINER)
arguments = parser.parse_args()
serve(arguments.port, arguments.container)
