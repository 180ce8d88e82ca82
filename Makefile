# `make` alone lists the targets. Everything runs from .venv, which is built from hashed locks when it is needed.

SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes
PYTHONS := python3.13 python3.12 python3.11 python3
CHECK := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --quiet
# The command `vouchline`, which finds this checkout from wherever it is called.
COMMAND := printf '%s\n' '\#!/bin/sh' 'here=$$(CDPATH= cd -- "$$(dirname -- "$$0")" && pwd)' \
  'PYTHONPATH="$$here/../..$${PYTHONPATH:+:$$PYTHONPATH}" exec "$$here/python" -m ivr.cli "$$@"' \
  > $(BIN)/vouchline && chmod +x $(BIN)/vouchline
# A second job for the second core; more only fight for the databases.
JOBS := 2

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench soak lock revision python clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run.stamp ## serve on 127.0.0.1:8000 (PORT changes it) with a worker and a telephone network of its own
	@VOUCHLINE_ENV=development exec $(BIN)/python app.py

test: .venv/dev.stamp ## run the tests; what this machine lacks is skipped by name (REQUIRE=postgres,... forbids that)
	@$(BIN)/python -m pytest -q -n $(JOBS) $(ARGS)

lint: .venv/dev.stamp ## check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "some files are not formatted: make format" >&2; exit 1; }
	@$(BIN)/mypy

format: .venv/dev.stamp ## bring all code into the one format
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

bench: .venv/dev.stamp ## measure the webhooks against a bare route on the same server
	@$(BIN)/python -m tests.bench $(ARGS)

soak: .venv/dev.stamp ## the tests that take minutes
	@$(BIN)/python -m pytest -q -m soak $(ARGS)

lock: .venv/dev.stamp ## renew the locks after a change of dependencies (ARGS=--upgrade for newer versions)
	@$(LOCK) --output-file requirements.lock $(ARGS)
	@$(LOCK) --all-extras --output-file requirements-dev.lock $(ARGS)

revision: .venv/dev.stamp ## write the next migration: make revision message="what changes"
	@$(BIN)/python -m migrations.revise "$(message)"

python: ## name the Python that .venv is built with
	@for name in $(PYTHONS); do \
	  if command -v $$name >/dev/null && $$name -c '$(CHECK)' 2>/dev/null; then command -v $$name; exit 0; fi; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 with venv is needed (Debian: apt-get install python3-venv)." >&2; exit 1

clean: ## remove .venv and caches; the data under var/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/pip:
	@python=$$($(MAKE) --silent --no-print-directory python) && "$$python" -m venv --clear .venv

.venv/run.stamp: requirements.lock | .venv/bin/pip
	@echo "installing what the service needs into .venv ..." >&2
	@$(PIP) --requirement requirements.lock || { echo "The packages could not be installed; is a package index reachable?" >&2; exit 1; }
	@$(COMMAND)
	@touch $@

# The lock of development holds every package of the other one in the same version.
.venv/dev.stamp: requirements-dev.lock | .venv/bin/pip
	@echo "installing what development needs into .venv ..." >&2
	@$(PIP) --requirement requirements-dev.lock || { echo "The packages could not be installed; is a package index reachable?" >&2; exit 1; }
	@$(COMMAND)
	@touch .venv/run.stamp $@
