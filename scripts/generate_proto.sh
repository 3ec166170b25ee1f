#!/bin/sh
# Rebuilds src/mexc_connector/proto/generated from the .proto files.
#
# The generator is pinned to protoc 25.1 (grpcio-tools 1.62): the last line whose Python output
# carries no runtime-version check, so that the same files load on protobuf 4.25 up to 7.x.
# scripts/check_protobuf_range.sh tries both ends.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
TOOLS=.venv-proto
if [ ! -x "$TOOLS/bin/python" ]; then
    "$PYTHON" -m venv "$TOOLS"
    "$TOOLS/bin/python" -m pip install --quiet "grpcio-tools==1.62.3" "setuptools<81"
fi
PACKAGE=mexc_connector/proto
rm -f "src/$PACKAGE"/generated/*_pb2.py "src/$PACKAGE"/generated/*_pb2.pyi
"$TOOLS/bin/python" -m grpc_tools.protoc \
    -I "$PACKAGE/generated=src/$PACKAGE/schema" \
    --python_out=src --pyi_out=src \
    "$PACKAGE/generated/market.proto" \
    "$PACKAGE/generated/account.proto" \
    "$PACKAGE/generated/push.proto"
