"""What pyproject.toml cannot say: the compiled hot path, built where it can be.

`mexc_connector.native._hot` is optional. Without Cython, a C compiler or Python's headers the
installation goes on without it, and the Python reference of the same functions runs instead.
"""

import contextlib
import os
import re
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from Cython import __version__ as cython_version  # setuptools' build_ext finds and drives it
except ImportError:
    cython_version = "0.0"

OLDEST_CYTHON = (3, 1)  # as in pyproject.toml; a build that is not isolated takes what it finds
NATIVE = Path("src/mexc_connector/native")
SOURCES = sorted(path for path in NATIVE.iterdir() if path.suffix in {".pyx", ".pxi", ".pxd", ".h"})


class BuildOptionalExtension(build_ext):
    """Builds from Cython sources, and leaves no older binary behind where it fails."""

    def initialize_options(self) -> None:
        """Keep generated C out of the sources."""
        super().initialize_options()
        self.cython_c_in_temp = True

    def build_extension(self, ext: Extension) -> None:
        """Build, or leave nothing: an older binary would run in place of sources it is not of."""
        if self.compiler.compiler_type != "msvc":
            # No contraction: a fused multiply-add would round otherwise than the reference.
            ext.extra_compile_args = ["-O3", "-ffp-contract=off"]
        try:
            super().build_extension(ext)
        except BaseException:
            in_place, built = self._get_inplace_equivalent(
                self.get_finalized_command("build_py"), ext
            )
            for path in (in_place, built):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(path)
            raise


def extensions() -> list[Extension]:
    """The compiled hot path, where it can be built and is of use.

    PyPy compiles the reference by itself, and on 32 bits nobody has tried the extension.
    """
    if sys.implementation.name != "cpython" or sys.maxsize < 2**32:
        return []
    major, minor = re.findall(r"\d+", cython_version)[:2]
    if (int(major), int(minor)) < OLDEST_CYTHON:
        return []
    return [
        Extension(
            "mexc_connector.native._hot",
            [(NATIVE / "_hot.pyx").as_posix()],
            depends=[path.as_posix() for path in SOURCES],
            optional=True,
        )
    ]


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOptionalExtension})
