"""A page of docs/, as whoever follows it does: its files written, its lines added, its commands run."""

import ast
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.ports import answers

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW_FILE = re.compile(r"`([\w./-]+)`:\s*$")
LINES_OF = re.compile(r"\b(?:line|lines|entry) in `(\w+)` of\s+`([\w./-]+)`")
BECOMES = re.compile(r"In\s+`([\w./-]+)`, `([^`]+)` becomes `([^`]+)`")
IN_HANDOFF = re.compile(r"in Handoff's folder")
KEPT_RUNNING = re.compile(r"in a terminal of its own:\s*$")
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Step:
    """A block and the paragraph before it."""

    said: str
    language: str
    text: str


def steps(name: str) -> list[Step]:
    page = (DOCS / name).read_text("utf-8")
    found, end = [], 0
    for block in BLOCK.finditer(page):
        between = page[end : block.start()].strip()
        found.append(Step(between.rpartition("\n\n")[2], block[1], block[2]))
        end = block.end()
    return found


@dataclass
class Reader:
    """Follows a page in a folder. `ports` are those of the page, and which ones are taken in their place."""

    folder: Path
    environment: Mapping[str, str]
    ports: Mapping[int, int]

    @contextmanager
    def following(self, name: str) -> Iterator[str]:
        """What the commands printed, while those that are kept running do."""
        self._change(name)
        with self._ending() as kept:
            said = ""
            for step in steps(name):
                if step.language != "sh":
                    self._write(step)
                elif KEPT_RUNNING.search(step.said):
                    kept.append(self._keep_running(step))
                else:
                    said += self._run(step.text)
            yield said

    def _change(self, name: str) -> None:
        for path, before, after in BECOMES.findall((DOCS / name).read_text("utf-8")):
            file = self.folder / path
            text = file.read_text("utf-8")
            assert before in text, f"{path} has no {before}"
            file.write_text(text.replace(before, after), "utf-8")

    def _write(self, step: Step) -> None:
        if found := LINES_OF.search(step.said):
            self._add_lines(self.folder / found[2], found[1], step.text)
            return
        found = NEW_FILE.search(step.said)
        assert found, f"the page does not say where this goes: {step.said!r}"
        file = self.folder / found[1]
        assert not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._with_ports(step.text), "utf-8")

    def _add_lines(self, file: Path, name: str, lines: str) -> None:
        """At the end of a dict or a tuple that has its brackets on lines of their own."""
        source = file.read_text("utf-8").splitlines(keepends=True)
        (end,) = [node.end_lineno for node in ast.parse("".join(source)).body if name in _targets(node)]
        assert end is not None
        assert source[end - 1].strip() in ("}", ")"), f"{name} of {file} does not end on a line of its own"
        file.write_text("".join([*source[: end - 1], lines, *source[end - 1 :]]), "utf-8")

    def _run(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._with_ports(commands)],
            cwd=self.folder, env=dict(self.environment), capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _keep_running(self, step: Step) -> "subprocess.Popen[bytes]":
        """Until the page is left. Every port that it is to listen on takes connections first."""
        text = self._with_ports(step.text)
        folder = DOCS.parent if IN_HANDOFF.search(step.said) else self.folder
        with (self.folder / "kept.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=dict(self.environment),
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE_SECONDS
        for port in [int(port) for port in re.findall(r"(?:--port |PORT=)(\d+)", text)]:
            while not answers(port):
                assert process.poll() is None, (self.folder / "kept.log").read_text()
                assert time.monotonic() < end, (self.folder / "kept.log").read_text()
                time.sleep(0.05)
        return process

    def _with_ports(self, text: str) -> str:
        for port, other in self.ports.items():
            text = text.replace(f":{port}/", f":{other}/").replace(f":{port}\n", f":{other}\n")
            text = text.replace(f"--port {port}", f"--port {other}").replace("make dev\n", f"make dev PORT={other}\n")
        return text

    @contextmanager
    def _ending(self) -> Iterator[list["subprocess.Popen[bytes]"]]:
        """Each in a session of its own, which is ended as a whole, as by Ctrl-C."""
        kept: list[subprocess.Popen[bytes]] = []
        try:
            yield kept
        finally:
            for process in reversed(kept):
                os.killpg(process.pid, signal.SIGINT)
                process.wait(PATIENCE_SECONDS)


def _targets(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
