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
PYTEST = ("-m", "pytest", "-q", "--implementation=reference", "--maxfail=12")
NAMED_S = 90
UNIT_S = 5
"""Some of the part's own tests wait for what never comes then: each that long."""
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class Edit(msgspec.Struct, frozen=True):
    """A change of one place in the source."""

    file: str
    old: str
    new: str


class Removal(msgspec.Struct, frozen=True):
    """Changes after which a mechanism does nothing."""

    edits: tuple[Edit, ...]
    units: tuple[str, ...]
    """Tests of the part itself, tried beside `test_mechanisms`."""


REMOVALS = {
    "gap_check": Removal(
        (
            Edit(
                "core/book_sync.py",
                "if diff.from_version > self._head.version + 1:  # R8",
                "if False:",
            ),
        ),
        ("tests/unit/core/test_book_sync.py", "tests/property/test_book_sync.py"),
    ),
    "replay_after_reconnect": Removal(
        (
            Edit(
                "core/subscription_state.py",
                "self.queued = dict.fromkeys(self.topics)",
                "self.queued = dict(self.queued)",
            ),
        ),
        ("tests/unit/core/test_subscriptions.py", "tests/property/test_subscriptions.py"),
    ),
    "listen_key_replacement": Removal(
        (
            Edit("core/listen_key.py", "if self.state is KeyState.LOST:", "if False:"),
            # A link that is refused everything ends, and its successor would have a key of its own.
            Edit("ws/key_ring.py", "if event.state is ConnectionState.CLOSED:", "if False:"),
        ),
        ("tests/unit/core/test_listen_key.py",),
    ),
    "reconciliation": Removal(
        (
            Edit(
                "trading/reconciler.py",
                "        await self._balances.refresh()\n        suspects",
                "        self.passes += 1\n        return\n        suspects",
            ),
        ),
        ("tests/unit/trading/test_account_feed.py",),
    ),
    "unknown_outcome_handling": Removal(
        (
            Edit(
                "trading/order_desk.py",
                "            self._on_lost(record, sent_ms)\n            raise",
                "            raise",
            ),
        ),
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
        for edit in removal.edits:
            path = copy / "src" / "mexc_connector" / edit.file
            source = path.read_text(encoding="utf-8")
            path.write_text(source.replace(edit.old, edit.new), encoding="utf-8")
        selected = f"tests/adversity/test_mechanisms.py::test_promises_hold_because_of[{mechanism}]"
        return [
            *_failed(copy, f"--timeout={NAMED_S}", selected),
            *_failed(copy, f"--timeout={UNIT_S}", *removal.units),
        ]


def _failed(copy: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        (sys.executable, *PYTEST, *arguments),
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
