# Needs Python 3.11 or newer and nothing else; everything is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find app core detectors knowledge sinks sources streams configs incidents -name '*.py' -o -name '*.yaml' -o -name '*.sql' 2>/dev/null)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check bench clean

demo: .venv/installed  ## replay the incidents that ship with the project
	@$(BIN)/causeline demo

test: .venv/installed-dev  ## all tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: .venv/installed-dev  ## style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: .venv/installed-dev  ## speed and memory, beside a baseline; writes nothing
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "making the environment in .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt $(SOURCES)
	@$(PIP_INSTALL) -e .
	@touch $@

.venv/installed-dev: .venv/installed
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@
