"""Exits 0 where an extension of this Python can be compiled: a compiler, and Python's headers."""

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path


def compiles() -> bool:
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    if not compiler:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\n", encoding="ascii")
        include = f"-I{sysconfig.get_path('include')}"
        command = [*shlex.split(compiler), include, "-c", str(source), "-o", f"{source}.o"]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False


if __name__ == "__main__":
    sys.exit(0 if compiles() else 1)
