#!/bin/sh
# Runs the decoder's tests on the oldest and the newest release of every protobuf line that
# pyproject.toml allows, with the C implementation and with the pure Python one.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
VERSIONS="${*:-4.25.2 4.25.* 5.* 6.* 7.*}"
ENVIRONMENTS=.venv-protobuf
set -f # the stars are for pip, not for the shell
for version in $VERSIONS; do
    home="$ENVIRONMENTS/$(echo "$version" | tr -d '*')x"
    if [ ! -f "$home/.ready" ]; then
        "$PYTHON" -m venv "$home"
        "$home/bin/python" -m pip install --quiet --editable . "protobuf==$version" \
            hypothesis pytest pytest-asyncio pytest-timeout
        touch "$home/.ready"
    fi
    for implementation in upb python; do
        echo "protobuf $("$home/bin/python" -c 'import google.protobuf as p; print(p.__version__)')," \
            "implementation $implementation:"
        PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$implementation \
            "$home/bin/python" -m pytest -q -p no:cacheprovider tests/unit/proto
    done
done
