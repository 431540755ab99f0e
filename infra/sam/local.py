"""`sam local` on what `sam build` made: the API until the block ends, or one function once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from handoff.settings import SETTINGS
from infra.local.errors import LocalError
from infra.local.ports import HOST, answers
from infra.local.processes import Process
from infra.local.state import ROOT
from infra.sam.engine import Engine
from infra.sam.programs import run

BIN = ROOT / ".tools" / "sam" / "bin"
TEMPLATE = ROOT / ".aws-sam" / "local" / "template.yaml"
ASKED_BY_AWS = TEMPLATE.with_name("asked_by_aws.yaml")
# The first time, SAM may have an image to pull and others to build.
READY_SECONDS = 600.0
LOOK_SECONDS = 0.1


class SamLocal:
    """settings: of the functions, as they see them. logs: a folder."""

    def __init__(self, engine: Engine, settings: Mapping[str, str], logs: Path) -> None:
        self._engine, self._logs = engine, logs
        self._log = logs / "start-api.log"
        strange = [name for name in os.environ if name in SETTINGS or name.startswith("AWS_")]
        self._environment = {
            **{name: value for name, value in os.environ.items() if name not in strange},
            **engine.environment,
            # Those that SAM hands to the containers. It asks AWS nothing, and must not ask this machine's profiles.
            **{name: value for name, value in settings.items() if name.startswith("AWS_") and "ENDPOINT" not in name},
            # What SAM notes for itself. A lock that a killed one left in TMPDIR would hold up the next for minutes.
            "TMPDIR": str(emptied(logs.parent / "tmp")),
            "__SAM_CLI_APP_DIR": str(logs.parent / "sam-cli"),
            "SAM_CLI_TELEMETRY": "0",
            # It would ask AWS for the account's number, for seconds, and does as well without: nobody answers there.
            "AWS_ENDPOINT_URL_STS": f"http://{HOST}:1",
            "AWS_MAX_ATTEMPTS": "1",
        }
        run([BIN / "python", ROOT / "infra/sam/local_template.py"], {**self._environment, **settings})

    @asynccontextmanager
    async def api(self, port: int) -> AsyncIterator[str]:
        """`sam local start-api`, its containers made before the block begins. Raises LocalError."""
        command = self._command("start-api", "--host", HOST, "--port", str(port), "--warm-containers", "EAGER")
        serving = Process(command, log=self._log, environment=self._environment)
        try:
            for _ in range(int(READY_SECONDS / LOOK_SECONDS)):
                if answers(port):
                    break
                if not serving.running:
                    raise LocalError(f"`sam local start-api` ended. See {self._log}")
                await asyncio.sleep(LOOK_SECONDS)
            else:
                raise LocalError(f"`sam local start-api` does not answer. See {self._log}")
            yield f"http://{HOST}:{port}"
        finally:
            await asyncio.to_thread(serving.stop)

    async def invoke(self, function: str, event: Mapping[str, Any], template: Path = TEMPLATE) -> Any:
        """`sam local invoke` of a function; what it returned. Raises LocalError."""
        given = self._logs / f"{function}.event.json"
        given.write_text(json.dumps(event))
        log = self._logs / f"{function}.log"
        with log.open("ab") as written:
            process = await asyncio.create_subprocess_exec(
                *self._command("invoke", function, "--event", given, template=template),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                start_new_session=True,  # Ctrl-C reaches us alone
            )
        try:
            said = (await process.communicate())[0].decode().strip()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if process.returncode or not said:
            raise LocalError(f"`sam local invoke {function}` failed. See {log}")
        return json.loads(said.splitlines()[-1])

    def api_log(self) -> str:
        return self._log.read_text(errors="replace")

    def _command(self, *arguments: str | Path, template: Path = TEMPLATE) -> list[str | Path]:
        cache = ("--layer-cache-basedir", self._logs.parent / "sam-cli" / "layers")
        return [BIN / "sam", "local", *arguments, "--template", template, *cache, *self._engine.options]


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
