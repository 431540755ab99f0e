"""The stack in a process of its own, so that its gateway shares no interpreter with what measures it.

`python -m tests.bench.load.laptop FOLDER` writes where it is, as one line of JSON, and ends when its input does. With a
folder of migrations after it, its database has those alone.
"""

import asyncio
import json
import os
import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

from infra.local.ports import free_port
from infra.local.stack import Options, running_stack
from infra.local.state import State
from schema.migrate import MIGRATIONS, migrate


async def serve(folder: Path) -> None:
    options = Options(port=0, qstash_port=free_port())
    # What the caller's shell may hold of settings is not for a measurement.
    caller = {"PATH": os.environ["PATH"]}
    state = State(folder)
    async with running_stack(state, options, caller, lambda sentence: print(sentence, file=sys.stderr)) as running:
        about = state.running_stack()
        assert about is not None
        print(json.dumps({"page": running.settings["DELIVERY_URL"], "database": about["database"]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    migrations = Path(sys.argv[2]) if len(sys.argv) > 2 else MIGRATIONS
    with patch("infra.local.stack.migrate", partial(migrate, migrations=migrations)):
        asyncio.run(serve(Path(sys.argv[1])))
