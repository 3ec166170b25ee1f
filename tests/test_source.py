"""What lint cannot hold: the length of modules and functions."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "mexc_connector"
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if "generated" not in path.relative_to(PACKAGE).parts
)
CYTHON = {".pyx", ".pxi", ".pxd"}
NATIVE = sorted(path for path in (PACKAGE / "native").iterdir() if path.suffix in CYTHON)
MODULE_LINES = 300
LISTS = {PACKAGE / "__init__.py"}  # of the public names: as long as there are names
FUNCTION_LINES = 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MODULE_LINES or path in LISTS
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_cython_sources_stay_short(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= MODULE_LINES
