"""`python -m infra.local.openai --port 9200 [--delay 3]`: serves until it is ended.

OPENAI_API_KEY of the environment is the key that it asks for, by default the one of development.
"""

import argparse
import os

from infra.local.openai import DELAY_SECONDS, DEVELOPMENT_KEY
from infra.local.openai.server import Mock, make_server

parser = argparse.ArgumentParser(prog="python -m infra.local.openai")
parser.add_argument("--port", type=int, required=True)
parser.add_argument(
    "--delay", type=float, default=DELAY_SECONDS, help="seconds that a picture takes (default: %(default)g)"
)
arguments = parser.parse_args()
key = os.environ.get("OPENAI_API_KEY") or DEVELOPMENT_KEY
make_server(arguments.port, Mock(key, arguments.delay)).serve_forever()
