"""Frames to which the compiled path must never be blind."""

import json
from pathlib import Path

_PATH = Path(__file__).parents[1] / "recorded" / "frames.json"

RECORDED = {
    entry["name"]: bytes.fromhex(entry["hex"])
    for entry in json.loads(_PATH.read_text(encoding="utf-8"))
}
"""What third parties captured from the exchange, by name."""
