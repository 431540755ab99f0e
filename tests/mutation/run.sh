#!/usr/bin/env bash
# How many changes to a package its tests notice: tests/mutation/run.sh links|jobs|web [HOW_MANY]
#
# Works on a copy of what is committed, because mutants are written into it. Says how many of the mutants survived, and which.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD package=$1 count=${2:-100}

case $package in
  links) tests="tests/unit/test_tokens.py tests/unit/test_ranges.py tests/acceptance/links tests/functions/test_races.py tests/acceptance/starting_work/test_database_down.py" ;;
  jobs) tests="tests/unit/test_queues_memory.py tests/unit/test_map.py tests/functions tests/acceptance/deliveries tests/acceptance/starting_work" ;;
  web) tests="tests/unit tests/acceptance/everything tests/acceptance/links/test_links_refusals.py tests/acceptance/starting_work tests/acceptance/deliveries/test_answers.py tests/functions/test_request_log.py" ;;
  *) echo "usage: $0 links|jobs|web [HOW_MANY]" >&2; exit 2 ;;
esac

UV_PROJECT_ENVIRONMENT=.venv-mutation .tools/bin/uv sync --quiet --locked --only-group mutation
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git archive HEAD | tar -x -C "$copy"
cd "$copy"
# The copy's modules come before those that .venv knows.
export PYTHONPATH=$copy:$copy/functions/shared PYTHONDONTWRITEBYTECODE=1

cat >session.toml <<EOF
[cosmic-ray]
module-path = "functions/shared/handoff/$package"
timeout = 300.0
test-command = "$root/.venv/bin/python -m pytest -q -x -k 'not gateway' $tests"
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
# \`X | None\` in a type hint is no operation.
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
EOF
bin=$root/.venv-mutation/bin
"$bin/cosmic-ray" init session.toml session.sqlite
"$bin/cr-filter-operators" session.sqlite session.toml
"$bin/python" tests/mutation/sample.py session.sqlite "$count"
"$bin/cosmic-ray" baseline session.toml
"$bin/cosmic-ray" exec session.toml session.sqlite
"$bin/cr-report" --surviving-only --show-diff session.sqlite
