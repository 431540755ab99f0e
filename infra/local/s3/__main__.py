"""`python -m infra.local.s3 --port 9000 [--bucket handoff-files]`: serves until it is ended."""

import argparse

from infra.local.s3 import BUCKET, serve

parser = argparse.ArgumentParser(prog="python -m infra.local.s3")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--bucket", default=BUCKET)
arguments = parser.parse_args()
serve(arguments.port, arguments.bucket)
