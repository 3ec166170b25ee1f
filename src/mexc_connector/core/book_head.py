"""BookHead: where a book stands, and its two sides.

[hot] Its benchmark is the depth frame, decoded and applied.
"""

from mexc_connector.core.levels import Levels

FOLLOWED, FOLLOWED_LOOK, OLD = 1, 2, 3
"""What `BookHead.advance` answers about a frame that it read."""


class BookHead:
    """What every diff moves. The reference; `native._hot` has a twin with a compiled step.

    `version` is the exchange's counter, -1 before the first snapshot. `exchange_time_ms` is when
    the exchange sent what was applied last, `confirmed_ns` when it last confirmed the book, each
    None until it is known. `applied` counts diffs, `applied_since_load` those since the last
    snapshot. `is_readable` is whether readers may see the book. `epoch` is the connection whose
    frames may take the book on without a look at its rules, -1 for none.
    """

    __slots__ = (
        "applied",
        "applied_since_load",
        "asks",
        "bids",
        "confirmed_ns",
        "epoch",
        "exchange_time_ms",
        "is_readable",
        "version",
    )

    def __init__(self, bids: Levels, asks: Levels) -> None:
        self.bids = bids
        self.asks = asks
        self.version = -1
        self.epoch = -1
        self.exchange_time_ms: int | None = None
        self.confirmed_ns: int | None = None
        self.applied = 0
        self.applied_since_load = 0
        self.is_readable = False

    def advance(self, frame: bytes, epoch: int, received_ns: int) -> int:
        """Take the book on by a frame that is the next diff beyond doubt.

        Returns 0 if it is not, `FOLLOWED`, `FOLLOWED_LOOK` if `BookSync.on_advanced` has to look
        as well, or `OLD` for a diff beyond doubt that ends at the book's version or before. After
        0 and `OLD` nothing has changed. The reference cannot read frames: always 0.
        """
        return 0
