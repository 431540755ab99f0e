"""`handoff sweep`: runs the sweep once, against the running stack."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from typing import Any

from infra.local.environment import function_environment
from infra.local.errors import LocalError
from infra.local.gateway.container import Container
from infra.local.gateway.errors import InvocationError
from infra.local.gateway.limits import Limits
from infra.local.gateway.schedule import make_scheduled_event
from infra.local.gateway.template import read_functions
from infra.local.state import ROOT, State
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    commands.add_parser("sweep", help="run the sweep once, now").set_defaults(run=run_sweep)


def run_sweep(arguments: argparse.Namespace) -> int:
    state = State(arguments.folder)
    about = state.running_stack()
    if about is None:
        raise LocalError("Nothing runs that could be swept. Start it with `make dev`.")
    try:
        result = asyncio.run(invoke_once(state, about["settings"]))
    except InvocationError as error:
        raise LocalError(f"{error}. See {state.logs / 'sweep.jsonl'}") from error
    Terminal().line(json.dumps(result))
    return 0


async def invoke_once(state: State, settings: dict[str, str]) -> Any:
    function = next(function for function in read_functions(ROOT / "template.yaml") if function.name == "sweep")
    environment = function_environment(function.name, settings, os.environ)
    container = await Container.start(function, environment, state.logs / "sweep.jsonl")
    try:
        return await container.invoke(make_scheduled_event(), Limits(), by_http=False)
    finally:
        container.end()
