"""`python -m infra.local.identity --port 9400 --page http://localhost:8000`: serves until it is ended."""

import argparse
import logging

from oidc_provider_mock import User, app
from werkzeug.serving import make_server

from infra.local.identity import PEOPLE
from infra.local.identity.provider import Provider
from infra.local.ports import HOST

parser = argparse.ArgumentParser(prog="python -m infra.local.identity")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--page", required=True, help="the page's origin")
arguments = parser.parse_args()

logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs addresses with codes in them
people = [User(sub=str(person["sub"]), claims={**person}) for person in PEOPLE]
provider = app(user_claims=people, issue_refresh_token=False)
make_server(HOST, arguments.port, Provider(provider.wsgi_app, arguments.page), threaded=True).serve_forever()
