"""Exits 0 if `_hot` comes from the build in argv[1] and the address sanitizer watches this process.

Without this the whole run would be a success that has seen nothing.
"""

import sys
from pathlib import Path

from mexc_connector.native import _hot

if not Path(_hot.__file__).is_relative_to(Path(sys.argv[1]).resolve()):
    sys.exit(f"not the sanitized build: {_hot.__file__}")
if "libasan" not in Path("/proc/self/maps").read_text(encoding="ascii"):
    sys.exit("the address sanitizer is not in this process")
