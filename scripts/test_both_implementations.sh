#!/bin/sh
# The suite on the compiled hot path, then on the Python reference what can depend on it
# (tests/implementation.py lists what cannot). With a compiler, a missing extension is a failure;
# without one, the reference is all there is, and everything runs on it, once.
# Arguments go to pytest, both times.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
"$PYTHON" --version
suite() {
    "$PYTHON" -m pytest -n "${WORKERS:-3}" --dist loadscope "$@"
}
if ! "$PYTHON" scripts/has_compiler.py; then
    echo "No C compiler with Python's headers here: the reference alone is tested." >&2
    suite --implementation=reference "$@"
    exit
fi
suite --implementation=compiled "$@"
suite --implementation=reference --only-dependent "$@"
