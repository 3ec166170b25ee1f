#!/bin/sh
# The native tests and the fuzz target under the address and undefined-behaviour sanitizers.
#
# -DMEXC_EXACT_FRAMES makes the extension copy each frame into a block of exactly its size before
# reading it: in a bytes object the byte past the end belongs to the object, and reading it would
# go unnoticed. FUZZ_SECONDS says how long the fuzz target runs (20).
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
FUZZ_SECONDS="${FUZZ_SECONDS:-20}"
NATIVE=mexc_connector/native
BUILD=build/sanitizers
"$PYTHON" --version
if ! "$PYTHON" scripts/has_compiler.py; then
    echo "No C compiler with Python's headers here: there is nothing to sanitize." >&2
    exit
fi
CC="${CC:-$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("CC"))')}"
INCLUDE="$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')"
SUFFIX="$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')"

rm -rf "$BUILD"
mkdir -p "$BUILD"
cp -R src/mexc_connector "$BUILD/mexc_connector"
rm -f "$BUILD/$NATIVE"/_hot.*.so
"$PYTHON" -m cython -3 "$BUILD/$NATIVE/_hot.pyx" -o "$BUILD/$NATIVE/_hot.c"
# $CC is split into words on purpose: it may be "ccache gcc".
$CC -shared -fPIC -g -O1 -fno-omit-frame-pointer -I"$INCLUDE" -DMEXC_EXACT_FRAMES \
    -fsanitize=address,undefined -fno-sanitize-recover=all \
    "$BUILD/$NATIVE/_hot.c" -o "$BUILD/$NATIVE/_hot$SUFFIX"

# Python itself has no sanitizer in it, so the run-time library has to be there before it; its own
# allocator hides the borders of blocks, and its leaks at exit are its business.
sanitized() {
    LD_PRELOAD="$($CC -print-file-name=libasan.so)" \
        ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
        PYTHONMALLOC=malloc PYTHONPATH="$BUILD" PYTHONDONTWRITEBYTECODE=1 \
        "$PYTHON" "$@"
}
sanitized scripts/assert_sanitized.py "$BUILD"
sanitized -m pytest -q -p no:cacheprovider --implementation=compiled \
    tests/unit/native tests/property/test_native_*.py -m "not slow" "$@"
sanitized -m tests.fuzz.native_frames --seconds "$FUZZ_SECONDS"
