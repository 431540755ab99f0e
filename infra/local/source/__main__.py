"""`python -m infra.local.source --port 8081 [--pdf FILE]`: serves until it is ended."""

import argparse
from pathlib import Path

from infra.local.source import DEFAULT_PDF, check_pdf, make_server

parser = argparse.ArgumentParser(prog="python -m infra.local.source")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--pdf", type=Path, default=DEFAULT_PDF)
arguments = parser.parse_args()
make_server(arguments.port, check_pdf(arguments.pdf)).serve_forever()
