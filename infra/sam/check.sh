#!/usr/bin/env bash
# Checks the templates and builds what is deployed, as `sam deploy` would, without Docker or an AWS account.
#
# Needs the Python that Lambda runs, because `sam build` does. Where there is none it says so and ends well, unless
# REQUIRE_RUNTIME_PYTHON=1. The SAM CLI is kept apart in .tools/sam: its dependencies contradict ours.
set -euo pipefail
cd "$(dirname "$0")/../.."

RUNTIME=3.13
TOOLS=.tools/sam
BUILD=.aws-sam/build
# Made aside, and put in its place when it is right: whoever uses what was built before keeps it until then, and two builds
# at once do not mix.
NEW=.aws-sam/new.$$
# What SAM writes down for itself stays here too.
export SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$PWD/$TOOLS/home"
# Linting and building ask AWS nothing, but the SDK inside SAM wants a region and would look for credentials.
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}" AWS_EC2_METADATA_DISABLED=true

main() {
  trap 'rm -rf "$NEW" "$NEW.old" "$NEW.said"' EXIT
  local python
  if ! python=$(sh infra/local/find-python.sh "$RUNTIME"); then
    echo "Python $RUNTIME, which AWS runs and \`sam build\` insists on, is not here." >&2
    if [ "${REQUIRE_RUNTIME_PYTHON:-}" = 1 ]; then exit 1; fi
    echo "The AWS template was neither checked nor built." >&2
    exit 0
  fi
  # Before any pyenv shim, which fails when another version is selected.
  PATH="$(dirname "$python"):$PATH"
  install_sam "$python"
  fetch_wheels
  local linting built=0
  lint &
  linting=$!
  build || built=$?
  wait "$linting"
  [ "$built" = 0 ]
  "$python" -B -m infra.sam.check_build "$NEW"
  # The SDK in SAM prints warnings of its own.
  "$TOOLS/bin/python" -m infra.sam.renewed template.yaml "$NEW/MigrationsLayer" 2>"$NEW.said" || { cat "$NEW.said" >&2; return 1; }
  mkdir -p "$BUILD"
  mv "$BUILD" "$NEW.old"
  mv "$NEW" "$BUILD"
}

# 2 seconds with uv, half a minute with pip; nothing when the same versions are there.
install_sam() {
  if cmp -s infra/sam/requirements.txt "$TOOLS/installed.txt"; then return; fi
  echo "Installing the SAM CLI into $TOOLS"
  rm -rf "$TOOLS"
  if uv --version >/dev/null 2>&1; then
    uv venv -q --python "$1" "$TOOLS"
    uv pip install -q --python "$TOOLS/bin/python" --no-deps --require-hashes -r infra/sam/requirements.txt
  else
    "$1" -m venv "$TOOLS"
    "$TOOLS/bin/pip" install -qq --disable-pip-version-check --no-deps --require-hashes -r infra/sam/requirements.txt
  fi
  cp infra/sam/requirements.txt "$TOOLS/installed.txt"
}

# Fetched once, so that a build takes no network and little time.
fetch_wheels() {
  local layer wheels="$PWD/$TOOLS/wheels" wanted
  wanted=$(cat functions/shared/requirements.txt functions/shared/{azure_blob,report,sign_in}.txt schema/requirements.txt)
  if [ "$wanted" != "$(cat "$wheels/fetched.txt" 2>/dev/null)" ]; then
    echo "Fetching the layers' packages"
    rm -rf "$wheels"
    for layer in {Shared,AzureBlob,Report,SignIn}Layer{Arm64,X86}; do
      make --no-print-directory -s -C functions/shared "download-$layer" WHEELHOUSE="$wheels"
    done
    make --no-print-directory -s -C schema download-MigrationsLayer WHEELHOUSE="$wheels"
    echo "$wanted" >"$wheels/fetched.txt"
  fi
  # pip splits this at white space, so a folder with a space in its name has to be a URL.
  export PIP_NO_INDEX=1 PIP_FIND_LINKS="file://${wheels// /%20}"
}

lint() {
  # Which is all that `sam validate --lint` would do, and more.
  infra/lint/check.sh
  "$TOOLS/bin/python" infra/sam/cycles.py template.yaml
}

# Both architectures: the layers are the only part that differs, and each build makes the two.
build() {
  local log
  log=$(mktemp)
  if "$TOOLS/bin/sam" build --parallel --build-dir "$NEW" >"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
}

main
