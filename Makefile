# Every target sets up what it needs; a machine with Python 3.11 or newer (with venv) and make is enough.

PYTHON ?= python3
SECONDS ?= 60
MINUTES ?= 10
BASE   ?= HEAD
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test test-oldest check lint types walls drift wheel generate format lock bench bench-transfer \
	bench-xyt bench-sandbox kills fuzz siege spec-diff docs sandbox ci clean

help:  ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Create .venv from the hash-checked lock, with every extra and the development tools.

$(READY): locks/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: Python 3.11 or newer is needed, $(PYTHON) is older; set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: $(PYTHON) has no venv module (Debian: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## Run the main job against a sandbox of its own and show the files.
	$(BIN)/tickhaul demo --out demo-data

test: $(READY)  ## Run the tests, with the coverage of the facade.
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: lint types walls drift wheel  ## Lint, types, import walls, generated code, the built wheel.

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/pyright

walls: $(READY)
	$(BIN)/lint-imports --no-cache

drift: $(READY)
	$(BIN)/python tools/generate.py --check
	$(BIN)/python -m tools.protos --check
	$(BIN)/python tools/unasync.py --check

wheel: $(READY)
	$(BIN)/python tools/check_wheel.py

generate: $(READY)  ## Rewrite generated/ from spec/ and _sync from _async.
	$(BIN)/python tools/generate.py
	$(BIN)/python -m tools.protos
	$(BIN)/python tools/unasync.py

spec-diff: $(READY)  ## List what changed in the contract since BASE (a git ref); breaking needs a new major version.
	$(BIN)/python tools/spec_diff.py $(BASE)

format: $(READY)  ## Format the sources.
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

test-oldest: $(READY)  ## Run the tests with the oldest dependencies that pyproject.toml allows.
	$(BIN)/python tools/test_oldest.py

ci:  ## Run .ci/run on a clean clone of HEAD with an empty HOME; .git/ci-green notes the commit that passed.
	tools/ci.sh

lock: $(READY)  ## Resolve the locks anew: development, the bare install, and the oldest allowed.
	$(BIN)/python tools/lock.py

bench: $(READY)  ## Measure against the vendor's client and bare httpx, side by side.
	$(BIN)/python bench/client.py

bench-transfer: $(READY)  ## Measure transfers against curl, aria2c, bare httpx and the owner's script.
	$(BIN)/python bench/transfer.py $(ARGS)

bench-xyt: $(READY)  ## Measure xyt hub's tables against protobuf's bare parser and lists.
	$(BIN)/python bench/xyt.py $(ARGS)

bench-sandbox: $(READY)  ## Let fifty clients use a sandbox for SECONDS: no lost update, memory flat.
	PYTHONPATH=. $(BIN)/python bench/sandbox.py --seconds $(SECONDS) $(ARGS)

kills: $(READY)  ## Kill a download 200 times with kill -9, and take it to its end each time.
	TICKHAUL_KILLS=200 $(BIN)/python -m pytest --quiet tests/transfer/test_kill.py

fuzz: $(READY)  ## Fuzz what reads bytes from outside, SECONDS for each target.
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

siege: $(READY)  ## Besiege clients and transfers for MINUTES: interrupts, surplus, bombs, bad hosts, kills; nothing lost.
	$(BIN)/python -m tests.siege --minutes $(MINUTES) $(ARGS)

docs: $(READY)  ## Build the documentation site into site/.
	$(BIN)/mkdocs build --strict --quiet

sandbox: $(READY)  ## Run the sandbox in the foreground.
	$(BIN)/tickhaul sandbox $(ARGS)

clean:  ## Remove what the targets made.
	rm -rf $(VENV) .venv-oldest build dist site demo-data .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
