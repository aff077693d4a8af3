# The project's commands. `make study` and `make test` are all a new user needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
CONFIG ?= config/config.yaml
export CONFIG  # so that the shell takes a file's name as it is
RESOLVE := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Where jobs can be sent, each with a group of dependencies, a lock of them and a profile of this name.
CLUSTERS := slurm generic kubernetes

.PHONY: help env study test check explorer bench lock clean $(CLUSTERS)

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

env: $(VENV)/.complete  ## build .venv from the lock file

# Packages of a lock file, which names all that they need and is not there yet, into an environment; pip does it where uv
# has no wheel or no way out. Then their byte code and ours, but not that of the libraries' own tests, a third of all, nor of large parts that no study loads, a sixth; what
# is loaded all the same makes its own then.
LOADED_BY_NO_STUDY := /(tests?|fontTools|lexers|mypyc?|narwhals|physics|setuptools|tsa)/
define install
	@$(1)/uv pip install --quiet --python $(1)/python --no-deps --require-hashes --requirement $(2) || { \
	echo "uv could not install $(2); pip does it, which takes longer ..."; \
	$(1)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --requirement $(2); }
	@$(1)/python -m compileall -qq -j 0 -x '$(LOADED_BY_NO_STUDY)' $(1)/../lib src || true
endef

define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "multistart needs Python 3.11 or newer; name one with: make env PYTHON=python3.12")'
	@echo "Making the environment $(1): about a minute, most of it for packages to arrive ..."
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1)
	@-$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-installer.lock
	$(call install,$(1)/bin,requirements.lock)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef

$(VENV)/.complete: requirements.lock requirements-installer.lock pyproject.toml
	$(call environment,$(VENV))
	@touch $@

$(VENV)/.developed: $(VENV)/.complete requirements-dev.lock $(CLUSTERS:%=requirements-%.lock)
	@echo "Adding the tools of requirements-dev.lock ..."
	$(call install,$(BIN),requirements-dev.lock)
	@$(BIN)/python -m tests.plugins $(CLUSTERS)
	@touch $@

slurm: $(VENV)/.slurm  ## add what sends jobs to Slurm; docs/clusters.md says how to go on
generic: $(VENV)/.generic  ## add what sends jobs by sbatch, qsub, bsub or another command; docs/clusters.md
kubernetes: $(VENV)/.kubernetes  ## add what sends jobs to Kubernetes, with results in S3; docs/clusters.md

$(CLUSTERS:%=$(VENV)/.%): $(VENV)/.%: $(VENV)/.complete requirements-%.lock
	$(call install,$(BIN),requirements-$*.lock)
	@touch $@

study: env  ## run the default study, or another: make study CONFIG=config/studies/himmelblau.yaml
	@test -f "$$CONFIG" || { echo "make study: there is no file $$CONFIG; the ready studies are in config/studies/"; exit 1; }
	@exec multistart run --cores "$(CORES)" "$$CONFIG"

test: $(VENV)/.developed  ## run the tests
	pytest -q

check: $(VENV)/.developed  ## lint, layers, types, spelling, workflow format
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	lint-imports
	mypy
	codespell

explorer: env  ## make the explorer's page that the documentation shows
	multistart run --cores "$(CORES)" config/config.yaml
	cp results/peaks/explore.html docs/explorer/peaks.html

bench: .venv-bench/.complete  ## measure speed and write docs/benchmarks.md; quick look: make bench QUICK=1
	.venv-bench/bin/python benchmarks/run.py $(if $(QUICK),--quick)

.venv-bench/.complete: requirements.lock requirements-installer.lock benchmarks/requirements.lock pyproject.toml
	$(call environment,.venv-bench)
	$(call install,.venv-bench/bin,benchmarks/requirements.lock)
	@touch $@

lock:  ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile $(RESOLVE) --group installer --output-file requirements-installer.lock
	uv pip compile $(RESOLVE) --group install pyproject.toml --output-file requirements.lock
	uv pip compile $(RESOLVE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	uv pip compile $(RESOLVE) --group bench --constraint requirements.lock --output-file benchmarks/requirements.lock
	$(foreach cluster,$(CLUSTERS),uv pip compile $(RESOLVE) --group $(cluster) --constraint requirements.lock \
	$$(sed -nE 's/^([a-z0-9.-]+)==.*/--no-emit-package \1/p' requirements.lock) --output-file requirements-$(cluster).lock &&) true

clean:  ## remove environment, results and caches
	rm -rf $(VENV) results/*/ logs .snakemake .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
