"""Looks at what `sam build` made: that Lambda would run it as it is, that all of it is used, how large it is.

Runs under Lambda's own Python, alone: standard library only. Usage: python -m infra.sam.check_build .aws-sam/build
"""

import io
import json
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from infra.sam import first_request
from infra.sam.build_rules import ELF_MACHINES, foreign, other_sources, stale, unrepeatable, unused, unwanted

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume", "migrate", "sign_up")
LAYERS = {"SharedLayerArm64": "aarch64", "SharedLayerX86": "x86_64"}
STORE_LAYERS = {"AzureBlobLayerArm64": "aarch64", "AzureBlobLayerX86": "x86_64"}
"""What a function has besides where StorageProvider is azure_blob."""
REPORT_LAYERS = {"ReportLayerArm64": "aarch64", "ReportLayerX86": "x86_64"}
"""What callback and consume have besides."""
SIGN_IN_LAYERS = {"SignInLayerArm64": "aarch64", "SignInLayerX86": "x86_64"}
"""What trigger has besides where people sign in."""
MIGRATIONS_LAYER = "MigrationsLayer"
"""What migrate has besides: no .pyc, which would change the layer's name although no migration has come."""

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes, a function with all its layers: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def main(build: Path) -> int:
    problems = [f"{name}: {problem}" for name, problem in look(build)]
    for problem in problems:
        print(f"sam-check: {problem}", file=sys.stderr)
    return 1 if problems else 0


def look(build: Path) -> Iterator[tuple[str, str]]:
    unzipped: dict[str, int] = {}
    for name, architecture in {**LAYERS, **STORE_LAYERS, **REPORT_LAYERS, **SIGN_IN_LAYERS}.items():
        packages = build / name / "python"
        unzipped[name], zipped = size(build / name)
        print(f"{name}: {unzipped[name] / 1e6:.1f} MB, {zipped / 1e6:.1f} MB zipped")
        for problem in [*unwanted(packages), *stale(packages), *foreign(packages, architecture)]:
            yield name, problem
    for shared, store, report in zip(LAYERS, STORE_LAYERS, REPORT_LAYERS, strict=True):
        packages = build / shared / "python"
        source = ROOT / "functions" / "shared" / "handoff"
        yield from ((shared, problem) for problem in other_sources(packages / "handoff", source, without="testing"))
        together = sum(unzipped[name] for name in (shared, store, report))
        if together > UNZIPPED_LIMIT:
            yield shared, f"with {store} and {report} it is {together} bytes, more than Lambda's {UNZIPPED_LIMIT}"
        if LAYERS[shared] == this_machine():
            yield from ((store, problem) for problem in try_out_store(build / store / "python", packages))
            yield from ((report, problem) for problem in try_out_report(build / report / "python", packages))
    migrations = build / MIGRATIONS_LAYER / "python"
    print(f"{MIGRATIONS_LAYER}: {size(migrations)[0] / 1e6:.1f} MB")
    yield from ((MIGRATIONS_LAYER, problem) for problem in unrepeatable(migrations))
    for part in ("__init__.py", "migrate.py", "migrations"):
        built, source = (folder / "schema" / part for folder in (migrations, ROOT))
        yield from ((MIGRATIONS_LAYER, problem) for problem in other_sources(built, source))
    layer = next((name for name, built_for in LAYERS.items() if built_for == this_machine()), None)
    sign_in = build / str(layer).replace("Shared", "SignIn") / "python"
    imported: set[str] = set()
    for function in FUNCTIONS:
        folder = build / f"{function.title().replace('_', '')}Function"
        print(f"{folder.name}: {size(folder)[0] / 1e3:.1f} kB")
        yield from ((folder.name, problem) for problem in other_sources(folder, ROOT / "functions" / function))
        if layer:
            packages = build / layer / "python"
            own = {"trigger": [sign_in], "migrate": [migrations]}.get(function, [])
            modules, problems = try_out(folder, packages, *own)
            imported |= modules
            yield from ((folder.name, problem) for problem in problems)
    if layer:
        for folder in (build / layer / "python", sign_in, migrations):
            yield from ((folder.parent.name, problem) for problem in unused(folder, imported))
    else:
        print("Not tried: starting the functions, which takes Linux.")


def size(folder: Path) -> tuple[int, int]:
    """Bytes, as they are and zipped."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return sum(path.stat().st_size for path in files), buffer.tell()


def try_out(function: Path, *packages: Path) -> tuple[set[str], list[str]]:
    """What a function has imported by the end of its first request, and what went wrong: from what was built alone.

    First without its settings. No secret can be had while a handler is imported: the Parameters and Secrets extension
    answers only during a request, so a handler that asks for one does not start on AWS.
    https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
    """
    folders = [str(function), *map(str, packages)]
    start = f"import sys; sys.path[:0] = {folders}; import app; assert callable(app.handler)"
    starting = child(["-c", start], {"SECRET_ARNS": "arn:aws:secretsmanager:::secret:none"})
    if starting.returncode:
        return set(), [f"its handler cannot be imported:\n{starting.stderr}"]
    asked = child([first_request.__file__, *folders], dict(first_request.SETTINGS))
    if asked.returncode:
        return set(), [f"it cannot do what a request asks of it:\n{asked.stderr}"]
    return set(json.loads(asked.stdout.splitlines()[-1])), []


SIGN = """
import sys
sys.path[:0] = {paths}
from datetime import UTC, datetime
from handoff.storage import provider
account = "DefaultEndpointsProtocol=https;AccountName=account;AccountKey={key};EndpointSuffix=core.windows.net"
store = provider("azure_blob")(account, "files")
assert "sig=" in store.signed_url("a", datetime.now(UTC), 15, "a.pdf", "application/pdf")
"""


def try_out_store(packages: Path, shared: Path) -> list[str]:
    """What keeps the store from being made of these layers alone."""
    done = child(["-c", SIGN.format(paths=[str(shared), str(packages)], key="k" * 44)], {})
    return [f"the store cannot be made of it:\n{done.stderr}"] if done.returncode else []


TYPESET = """
import sys
sys.path[:0] = {paths}
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo
from handoff.calls.period import PeriodCalls
from handoff.exports.documents.call_report import TEMPLATE, Figures
from handoff.exports.typeset import typeset
now = datetime(2026, 6, 14, 12, tzinfo=UTC)
read = PeriodCalls(now, now - timedelta(hours=2), now, calls=[], older_unresolved=0)
data = Figures(read, zone=ZoneInfo("Europe/Berlin"), max_call=timedelta(hours=1)).as_json()
with typeset(TEMPLATE, data, made_at=0, seconds=30) as chunks:
    assert next(chunks).startswith(b"%PDF-")
"""


def try_out_report(packages: Path, shared: Path) -> list[str]:
    """What keeps a report from being typeset by these layers alone."""
    done = child(["-c", TYPESET.format(paths=[str(shared), str(packages)])], {})
    return [f"no report can be typeset with it:\n{done.stderr}"] if done.returncode else []


def child(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IBS", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def this_machine() -> str | None:
    """The machine whose layer can be tried here, or None."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    return machine if sys.platform == "linux" and machine in ELF_MACHINES else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
