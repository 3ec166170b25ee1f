"""Builds the C files of this package with the system's compiler, into a folder that goes away."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.contenders import ContenderMissing


def built(name: str) -> ctypes.PyDLL:
    """Return `NAME.c` as a library. Raises `ContenderMissing` where there is no `cc`.

    Calls keep the interpreter's lock, which costs nothing where only one thread runs.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise ContenderMissing("no C compiler `cc`")
    source = Path(__file__).with_name(f"{name}.c")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, f"{name}.so")
        command = [compiler, "-std=c99", "-O2", "-Wall", "-shared", "-fPIC"]
        subprocess.run([*command, "-o", target, source], check=True)
        return ctypes.PyDLL(str(target))  # stays mapped when the file is gone
