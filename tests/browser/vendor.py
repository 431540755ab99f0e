"""`make vendor`: the library that the page signs in with, as one small file of what is used of it."""

import json
from pathlib import Path

from tests.browser.node import FOLDER, PACKAGES, run_node

VENDOR = Path(__file__).parents[2] / "frontend" / "js" / "vendor"
TARGET = VENDOR / "oauth4webapi.js"
LICENCE = VENDOR / "oauth4webapi.LICENSE.txt"
USED = (
    "None",
    "allowInsecureRequests",
    "authorizationCodeGrantRequest",
    "calculatePKCECodeChallenge",
    "generateRandomCodeVerifier",
    "generateRandomState",
    "validateAuthResponse",
)
BUILD = """
const [contents, resolveDir] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const options = { bundle: true, format: "esm", minify: true, target: "es2022", write: false };
const building = require("esbuild").build({ ...options, stdin: { contents, resolveDir } });
building.then(({ outputFiles: [{ text }] }) => process.stdout.write(text));
"""


def main() -> None:
    for file, text in built().items():
        file.write_text(text)


def built() -> dict[Path, str]:
    """The file as it should be, with the library's version at its top, and its licence beside it."""
    package = PACKAGES / "oauth4webapi"
    version = json.loads((package / "package.json").read_text())["version"]
    source = f'export {{ {", ".join(USED)} }} from "oauth4webapi";'
    code = run_node("-e", BUILD, text=json.dumps([source, str(FOLDER)]))
    about = f"/*! oauth4webapi {version} (MIT, {LICENCE.name}), what is used of it: `make vendor` */"
    return {TARGET: f"{about}\n{code}", LICENCE: (package / "LICENSE.md").read_text()}


if __name__ == "__main__":
    main()
