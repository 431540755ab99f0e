"""What the stack's processes use of the machine, by role, so that it is seen what gives first."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

import psutil
import psycopg

EVERY_SECONDS = 1.0
ROLES = (
    (re.compile(r"infra\.local\.container .*functions/(\w+)/app\.py"), r"\1"),
    (re.compile(r"infra\.local\.(qstash|source)\b"), r"\1"),
    (re.compile(r"infra\.local\.container .*bench/events/(\w+)/app\.py"), r"\1"),
    (re.compile(r"tests\.bench\.(?:load|events)\.laptop"), "gateway"),
    (re.compile(r"tests\.bench\.(?:load|events)\.generator"), "generator"),
    (re.compile(r"tests\.bench\.(?:load|events)\b"), "watcher"),
    (re.compile(r"(?:^|/)postgres\b"), "postgres"),
)


def role_of(command: str) -> str:
    """Of a process, by what it was started with."""
    for pattern, role in ROLES:
        if match := pattern.search(command):
            return match.expand(role)
    return "other"


@dataclass
class Usage:
    """cores: by role, how many were kept busy. megabytes: by role, the most at one moment (resident, so what
    processes share counts for each of them). processes: by role. connections: Postgres' own count of clients.
    machine: cores that were busy with anything; others: of those, with what is no part of this.
    """

    cores: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    machine: float = 0.0
    others: float = 0.0


class Watcher:
    """Looks once a second between `start` and `stop`."""

    def __init__(self, root: psutil.Process, database: str) -> None:
        self._root = root
        self._database = psycopg.connect(database, autocommit=True)
        self._roles: dict[int, str] = {}

    def start(self) -> None:
        self._usage, self._seconds = Usage(), dict[int, float]()
        self._before = dict[int, float]()
        self._look()
        self._before = dict(self._seconds)
        self._cpu = psutil.cpu_times()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self, seconds: float) -> Usage:
        """seconds: how long it was."""
        self._ending.set()
        self._thread.join()
        self._look()
        used: Counter[str] = Counter()
        for pid, spent in self._seconds.items():
            used[self._roles[pid]] += spent - self._before.get(pid, 0.0)  # type: ignore[assignment]
        now = psutil.cpu_times()
        idle = (now.idle + now.iowait) - (self._cpu.idle + self._cpu.iowait)
        self._usage.machine = (psutil.cpu_count() or 1) - idle / seconds
        self._usage.cores = {role: spent / seconds for role, spent in used.most_common()}
        self._usage.others = max(0.0, self._usage.machine - sum(self._usage.cores.values()))
        return self._usage

    def close(self) -> None:
        self._database.close()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        memory: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                if process.pid not in self._roles:
                    self._roles[process.pid] = role_of(" ".join(process.cmdline()))
                times = process.cpu_times()
                role = self._roles[process.pid]
                memory[role] += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self._seconds[process.pid] = times.user + times.system
            count[role] += 1
        for role in count:
            self._usage.megabytes[role] = max(self._usage.megabytes.get(role, 0.0), memory[role] / 1e6)
            self._usage.processes[role] = max(self._usage.processes.get(role, 0), count[role])
        row = self._database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
        assert row
        self._usage.connections = max(self._usage.connections, row[0])
