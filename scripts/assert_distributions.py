"""Exits 0 if the source distribution argv[1] can be built from, and the wheel argv[2] is clean.

The wheel holds the extension and its types and nothing that it was made of; the source
distribution holds every source, and nothing that was made from one.
"""

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

NATIVE = Path(__file__).parents[1] / "src" / "mexc_connector" / "native"
SOURCES = {".pyx", ".pxi", ".pxd", ".c", ".h"}
BINARIES = {".so", ".pyd", ".dylib"}


def kinds(names: list[str]) -> set[str]:
    return {PurePosixPath(name).suffix for name in names}


def faults_of_sdist(names: list[str]) -> list[str]:
    needed = {f"src/mexc_connector/native/{path.name}" for path in NATIVE.glob("*.p*")}
    needed |= {"setup.py", "pyproject.toml", "LICENSE", "README.md"}
    needed |= {f"src/mexc_connector/proto/schema/{name}.proto" for name in ("push", "market")}
    held = {name.partition("/")[2] for name in names}
    faults = [f"the source distribution lacks {name}" for name in sorted(needed - held)]
    generated = [name for name in held if name.startswith("src/") and name.endswith(".c")]
    built = [name for name in held if PurePosixPath(name).suffix in BINARIES | {".pyc"}]
    if made := sorted(generated + built):
        faults.append(f"the source distribution holds what was built: {made}")
    return faults


def faults_of_wheel(names: list[str]) -> list[str]:
    needed = {f"mexc_connector/{name}" for name in ("py.typed", "native/_hot.pyi")}
    faults = [f"the wheel lacks {name}" for name in sorted(needed - set(names))]
    if not kinds(names) & BINARIES:
        faults.append("the wheel holds no extension")
    if left := kinds(names) & SOURCES:
        faults.append(f"the wheel holds what it was made of: {sorted(left)}")
    return faults


def main(sdist: str, wheel: str) -> None:
    with tarfile.open(sdist) as archive:
        faults = faults_of_sdist(archive.getnames())
    with zipfile.ZipFile(wheel) as archive:
        faults += faults_of_wheel(archive.namelist())
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main(*sys.argv[1:3])
