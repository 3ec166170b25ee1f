# Every target sets itself up: a fresh machine needs Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two workers by default, the size of the machine that CI has.
WORKERS ?= 2

.PHONY: demo test check lint types install proto clean

demo: $(STAMP)
	$(BIN)/mexc-connector demo $(ARGS)

test: lint types
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope $(ARGS)

# Lint, types, every test, and both ends of the protobuf range.
check: test
	PYTHON=$(PYTHON) scripts/check_protobuf_range.sh

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/mypy tests/typing

install: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[cli,dev]'
	touch $@

proto:
	PYTHON=$(PYTHON) scripts/generate_proto.sh

clean:
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
