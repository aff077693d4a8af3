# The project's commands. `make study` and `make test` are all a new user needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
CONFIG ?= config/config.yaml
export CONFIG  # so that the shell takes a file's name as it is
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help env study test check bench lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

env: $(VENV)/.complete  ## build .venv from the lock file

$(VENV)/.complete: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "multistart needs Python 3.11 or newer; name one with: make env PYTHON=python3.12")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

study: env  ## run the default study, or another: make study CONFIG=config/studies/himmelblau.yaml
	@test -f "$$CONFIG" || { echo "make study: there is no file $$CONFIG; the ready studies are in config/studies/"; exit 1; }
	@multistart run --cores "$(CORES)" "$$CONFIG"

test: env  ## run the tests
	pytest -q

check: env  ## lint, layers, types, spelling, workflow format
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	lint-imports
	mypy
	codespell

bench: .venv-bench/.complete  ## measure speed and write docs/benchmarks.md; quick look: make bench QUICK=1
	.venv-bench/bin/python benchmarks/run.py $(if $(QUICK),--quick)

.venv-bench/.complete: requirements.lock benchmarks/requirements.lock pyproject.toml
	rm -rf .venv-bench
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock --requirement benchmarks/requirements.lock
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

lock:  ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml --output-file requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group bench --constraint requirements.lock --output-file benchmarks/requirements.lock

clean:  ## remove environment, results and caches
	rm -rf $(VENV) results/*/ logs .snakemake .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
