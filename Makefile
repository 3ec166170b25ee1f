# Every target sets itself up: a fresh machine needs Python 3.11 or newer, make and git.
# A C compiler makes the hot path fast; everything works without one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH_VENV := .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.installed
# Three workers by default: CI has two cores, and the tests over sockets wait half of the time.
WORKERS ?= 3
# What an installation is made of; the rest of the package is read where it lies.
BUILT_FROM := pyproject.toml setup.py \
	$(wildcard $(addprefix src/mexc_connector/native/*.,pyx pxi pxd h))

.PHONY: demo test check pairs adversity soak lint types install bench wheels asan proto clean

demo: $(STAMP)
	$(BIN)/mexc-connector demo $(ARGS)

# Lint, types, and the suite on both implementations of the hot path.
test: lint types
	PYTHON=$(BIN)/python WORKERS=$(WORKERS) scripts/test_both_implementations.sh $(ARGS)

# Also: installing where something is missing, the address sanitizer, both ends of the protobuf range.
check: test asan
	PYTHON=$(PYTHON) scripts/check_installation.sh
	PYTHON=$(PYTHON) scripts/check_protobuf_range.sh

# Every pair of faults; `make test` tries each fault alone, and 32 of the pairs.
pairs: $(STAMP)
	seq $(WORKERS) | xargs -P $(WORKERS) -I PART \
		$(BIN)/python -m tests.adversity.case --pairs --part PART/$(WORKERS) $(ARGS)

# The pairs, then each mechanism taken out of a copy, which a test has to notice.
adversity: pairs
	$(BIN)/python -m tests.adversity.removals

# Random faults for MINUTES at a stretch, time sped up; a report at the end.
MINUTES ?= 5
soak: $(STAMP)
	$(BIN)/python -m tests.adversity.soak --minutes $(MINUTES) $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/mypy tests/typing

install: $(STAMP)

$(STAMP): $(BUILT_FROM)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[cli,dev]'
	touch $@

# Every figure of benchmarks/RESULTS.md, with the peers it is compared to.
bench: $(BENCH_STAMP)
	$(BENCH_VENV)/bin/python -m benchmarks $(ARGS)

$(BENCH_STAMP): $(BUILT_FROM)
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(BENCH_VENV)/bin/python -m pip install --quiet --editable '.[cli,bench]'
	touch $@

# dist/: the source distribution and the wheel for this Python; docs/building.md.
wheels:
	PYTHON=$(PYTHON) scripts/build_wheels.sh

# The native tests and the fuzz target on a build that notices every read past the end of a frame.
asan: $(STAMP)
	PYTHON=$(BIN)/python scripts/test_with_sanitizers.sh

proto:
	PYTHON=$(PYTHON) scripts/generate_proto.sh

clean:
	rm -rf $(VENV) .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f src/mexc_connector/native/_hot.*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
