"""`python -m infra.local.sqs --port 9324`: serves until it is ended."""

import argparse

from infra.local.sqs import serve

parser = argparse.ArgumentParser(prog="python -m infra.local.sqs")
parser.add_argument("--port", type=int, required=True)
serve(parser.parse_args().port)
