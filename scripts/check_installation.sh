#!/bin/sh
# Installs into fresh environments with one thing missing each time, and checks that only speed is:
# whatever lacks, the installation succeeds and the right implementation runs.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT
SMOKE="$PWD/scripts/smoke_test.py"

# Sources alone: whatever was built here before must not be found there.
mkdir "$WORK/source"
cp -R README.md LICENSE MANIFEST.in pyproject.toml setup.py src "$WORK/source"
rm -rf "$WORK"/source/src/*.egg-info "$WORK"/source/src/mexc_connector/native/_hot.*.so

# check NAME EXPECTED [pip's arguments]: the environment is made before and named NAME.
check() {
    name="$1" expected="$2"
    shift 2
    rm -rf "$WORK/tree"
    cp -R "$WORK/source" "$WORK/tree"
    PATH="${INSTALL_PATH:-$PATH}" "$WORK/$name/bin/python" -m pip install --quiet "$@" "$WORK/tree"
    (cd "$WORK" && "$WORK/$name/bin/python" "$SMOKE" "$expected")
}
environment() {
    "$PYTHON" -m venv "$WORK/$1"
}

if "$PYTHON" scripts/has_compiler.py; then
    echo "With a compiler:"
    environment all
    check all compiled
fi

echo "Without any compiler on the PATH:"
environment bare
(unset CC && INSTALL_PATH="$WORK/bare/bin" check bare reference)

echo "With a compiler that finds no headers:"
environment headless
CFLAGS=-nostdinc check headless reference

echo "Without Cython, in a build that is not isolated:"
environment plain
"$WORK/plain/bin/python" -m pip install --quiet "setuptools>=77"
check plain reference --no-build-isolation
