"""Takes one mechanism at a time out of a copy of the library and shows which tests miss it.

    python -m tests.adversity.removals [MECHANISM ...]

Exit code 1 when a mechanism is missed by no test.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
LIMIT_S = 600
LIMITS = ("--maxfail=12", "--timeout=90")
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class Removal(msgspec.Struct, frozen=True):
    """A change of one place in the source after which a mechanism does nothing."""

    file: str
    old: str
    new: str
    units: tuple[str, ...]
    """Tests of the part itself, tried beside `test_mechanisms`."""


REMOVALS = {
    "gap_check": Removal(
        "core/book_sync.py",
        "if diff.from_version > self._head.version + 1:  # R8",
        "if False:",
        ("tests/unit/core/test_book_sync.py", "tests/property/test_book_sync.py"),
    ),
    "replay_after_reconnect": Removal(
        "core/subscriptions.py",
        "link.queued = dict.fromkeys(link.topics)",
        "link.queued = {}",
        ("tests/unit/core/test_subscriptions.py", "tests/property/test_subscriptions.py"),
    ),
    "listen_key_replacement": Removal(
        "core/listen_key.py",
        "if self.state is KeyState.LOST:",
        "if False:",
        ("tests/unit/core/test_listen_key.py",),
    ),
    "reconciliation": Removal(
        "trading/reconciler.py",
        "        await self._balances.refresh()\n        suspects",
        "        self.passes += 1\n        return\n        suspects",
        ("tests/unit/trading/test_account_feed.py",),
    ),
    "unknown_outcome_handling": Removal(
        "trading/order_desk.py",
        "            self._on_lost(record, sent_ms)\n            raise",
        "            raise",
        ("tests/unit/trading/test_order_desk.py",),
    ),
}


def missed_by(mechanism: str) -> list[str]:
    """Give the tests that fail without a mechanism."""
    removal = REMOVALS[mechanism]
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in ("src", "tests"):
            shutil.copytree(
                ROOT / part,
                copy / part,
                # The compiled path checks versions by itself: the reference is what is changed.
                ignore=shutil.ignore_patterns("*.so", "__pycache__"),
            )
        shutil.copy(ROOT / "pyproject.toml", copy)
        path = copy / "src" / "mexc_connector" / removal.file
        source = path.read_text(encoding="utf-8")
        if source.count(removal.old) != 1:
            raise SystemExit(f"{mechanism}: {removal.file} has another form now")
        path.write_text(source.replace(removal.old, removal.new), encoding="utf-8")
        selected = f"tests/adversity/test_mechanisms.py::test_promises_hold_because_of[{mechanism}]"
        command = (
            "-m",
            "pytest",
            "-q",
            "--implementation=reference",
            "--maxfail=12",
            "--timeout=90",
        )
        done = subprocess.run(
            (sys.executable, *command, selected, *removal.units),
            cwd=copy,
            env=os.environ | {"PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}"},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return FAILED.findall(done.stdout)


def main() -> int:
    """Remove what is named, or everything in turn."""
    unnoticed = 0
    for mechanism in sys.argv[1:] or REMOVALS:
        tests = missed_by(mechanism)
        is_named = any("test_mechanisms" in test for test in tests)
        unnoticed += not is_named
        sys.stdout.write(f"{mechanism}: {len(tests)} tests fail without it\n")
        sys.stdout.writelines(f"  {test}\n" for test in tests)
        sys.stdout.flush()
    return int(bool(unnoticed))


if __name__ == "__main__":
    sys.exit(main())
