# Everything a person or a build machine types. The settings of the product are in docs/operate/settings.md.

SHELL := /bin/bash
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$name && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export PIP_NO_INPUT := 1
# Compiled modules are what makes the second start quick.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check format bench clean

run: .venv/ready-to-run
	@exec $(BIN)/toolkit up $(ARGS)

test: .venv/ready-to-test
	@scripts/test_needs
	$(BIN)/python -m pytest -n 2 --dist loadgroup -rs $(ARGS)

check: .venv/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

format: .venv/ready-to-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready-to-test
	$(BIN)/python benchmarks/run.py $(ARGS)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found. Install it, or name it: make run PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) can't make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/ready-to-run: .venv/pyvenv.cfg requirements.lock pyproject.toml
	@echo "Preparing .venv (once, and again when the lock file changes) …"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q webapp providers jobs wsgi.py
	@touch $@

.venv/ready-to-test: .venv/ready-to-run requirements-dev.lock
	@echo "Preparing what the tests need …"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@
