"""The stack in a process of its own, so that its gateway shares no interpreter with what measures it.

`python -m tests.bench.load.laptop FOLDER` writes where it is, as one line of JSON, and ends when its input does.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from infra.local.ports import free_port
from infra.local.stack import Options, running_stack
from infra.local.state import State


async def serve(folder: Path) -> None:
    options = Options(port=0, qstash_port=free_port())
    # What the caller's shell may hold of settings is not for a measurement.
    caller = {"PATH": os.environ["PATH"]}
    state = State(folder)
    async with running_stack(state, options, caller, lambda sentence: print(sentence, file=sys.stderr)) as stack:
        about = state.running_stack()
        assert about is not None
        print(json.dumps({"page": stack.settings["DELIVERY_URL"], "database": about["database"]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
