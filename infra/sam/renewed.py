"""Looks whether CloudFormation would ask for the schema anew when a migration has come, and at no other time.

It does when a property of the resource Schema differs. That names the layer of the migrations, and SAM names a layer by
where its content is, which is a hash of it: so what is looked at here is what SAM's own translator and hash make of it.

Usage, with the Python of the SAM CLI: python -m infra.sam.renewed template.yaml .aws-sam/build/MigrationsLayer
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra.sam.cycles import translated


def main(template: Path, layer: Path) -> int:
    with tempfile.TemporaryDirectory() as name:
        same = Path(shutil.copytree(layer, Path(name) / "same"))
        later = Path(shutil.copytree(layer, Path(name) / "later"))
        (later / "python" / "schema" / "migrations" / "9999_later.sql").touch()
        built, again, renewed = (asked(template, folder) for folder in (layer, same, later))
    if built != again or built == renewed:
        print(f"sam-check: the schema is asked for by {built}, built again {again}, later {renewed}", file=sys.stderr)
        return 1
    return 0


def asked(template: Path, layer: Path) -> Any:
    from samcli.lib.utils.hash import dir_checksum  # type: ignore[import-not-found]

    uploaded = {"MigrationsLayer": f"s3://bucket/{dir_checksum(str(layer))}"}
    return translated(template, uploaded)["Resources"]["Schema"]["Properties"]["Migrations"]


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
