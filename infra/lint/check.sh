#!/usr/bin/env bash
# Reads templates, migrations, the workflow and code for what is unsafe. `make lint` installs what it needs into .tools/lint: checkov pins
# packages that contradict ours.
#
# Each tool's exceptions stand beside this file, with their reasons.
set -euo pipefail
cd "$(dirname "$0")/../.."

BIN=.tools/lint/bin
HERE=infra/lint
TEMPLATES=(template.yaml infra/*.yaml)
# Of migrations is not asked: what a transaction does already (yoyo wraps each file in one), what schema/migrate.py sets for
# each of them, and room for more than 2^31 tries, messages or visits of one link; every key is a uuid.
UNASKED=prefer-robust-stmts,require-statement-timeout,prefer-bigint-over-int
# Landed before they were read here, and a migration that has landed is never edited. They made tables, and renamed some
# before anything was deployed: nobody was at work on the old names.
LANDED=({0001_exports,0002_runs,0003_generations,0004_calls}.sql)
OF_LANDED=require-lock-timeout,require-concurrent-index-creation,renaming-table,renaming-column,renaming-object
OF_LANDED+=,ban-drop-not-null,adding-foreign-key-constraint,constraint-missing-not-valid

main() {
  "$BIN/cfn-lint" --config-file "$HERE/cfnlint.yaml" -- "${TEMPLATES[@]}"
  quietly "$BIN/checkov" --config-file "$HERE/checkov.yaml" --file "${TEMPLATES[@]}"
  quietly "$BIN/zizmor" --offline --pedantic .github/workflows
  # ruff knows bandit's rules (S) and excuses the slight ones where they stand; this is about the others, by their authors.
  quietly "$BIN/bandit" --quiet --recursive --severity-level medium functions infra schema
  migrations --exclude "$UNASKED,$OF_LANDED" "${LANDED[@]/#/schema/migrations/}"
  migrations --exclude "$UNASKED" --no-error-on-unmatched-pattern "${LANDED[@]/#/--exclude-path=*}" 'schema/migrations/*.sql'
}

migrations() {
  quietly "$BIN/squawk" --pg-version 15.0 --assume-in-transaction "$@"
}

# What it says is of interest where it fails.
quietly() {
  local said
  if ! said=$("$@" 2>&1); then
    echo "$said" >&2
    return 1
  fi
}

main
