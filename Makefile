# Every target works from a fresh clone: it makes .venv from the pinned lock file first.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
# Whole modules go to one of two processes, so that a forum or a database is started once.
PYTEST_ARGS ?= -n 2 --dist loadscope

.PHONY: demo test test-slow run setup lint format types docs evaluate lock clean help check-python

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.runtime  ## Show the whole main job on a practice forum (about a minute)
	@$(BIN)/shamewatch setup
	@$(BIN)/shamewatch demo

run: $(VENV)/.runtime  ## Start the monitor for real use
	@$(BIN)/shamewatch setup
	@$(BIN)/shamewatch init --if-needed
	@$(BIN)/shamewatch run

setup: $(VENV)/.runtime  ## Find or install the browser and the fonts
	@$(BIN)/shamewatch setup

test: $(VENV)/.dev lint types  ## Lint, types, import contracts and all tests but the slow ones
	@$(BIN)/shamewatch setup --for-tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.dev  ## Tests against real WordPress and whatever else is slow
	@$(BIN)/shamewatch setup --for-slow-tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/generate.py --check

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev  ## Put the code in its one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev  ## Write the pages that are made from the program
	$(BIN)/python docs/generate.py

evaluate: $(VENV)/.dev  ## Measure the detector on unseen cases (JUDGE_URL=… JUDGE_MODEL=… adds a judge)
	JUDGE_URL="$(JUDGE_URL)" JUDGE_MODEL="$(JUDGE_MODEL)" PYTHONPATH=. $(BIN)/python benchmarks/evaluate.py $(EVALUATE_ARGS)

lock: $(VENV)/.dev  ## Resolve the dependencies anew
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock pyproject.toml --extra dev -o requirements-dev.lock

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Shamewatch needs Python 3.11 or newer, and `$(PYTHON)` is %d.%d. Install one and say which: make PYTHON=python3.12 demo" % sys.version_info[:2])'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(UV): | check-python
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(UV)
	@echo "Setting up the environment in $(VENV) …"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

clean:  ## Remove the environment and what tests left
	rm -rf $(VENV) demo test-artefacts .pytest_cache .mypy_cache .ruff_cache
