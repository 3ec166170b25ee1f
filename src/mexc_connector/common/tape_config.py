"""Options of the tapes of public trades."""

from mexc_connector.common.options import Options, require

_MOST_TRADES = 1000
"""What REST gives at most (Spot v3 docs, "Recent Trades List", read 2026-11-20)."""


class TapeConfig(Options, frozen=True, kw_only=True):
    """How breaks of a tape are filled.

    `backfill`: whether REST is asked for what was missed, weight 5 a request and usually one or
    two of them per market and break; without a break it costs none. `wait_s`: how long new trades
    are held back at most until what was missed before them is known. `retry_s`: pause before REST
    is asked again, doubled with each failure up to 32 times. `held_trades`: trades held back at
    most. `asked_trades`: how many are asked for, at most 1000.
    """

    backfill: bool = True
    wait_s: float = 5.0
    retry_s: float = 0.25
    held_trades: int = 10_000
    asked_trades: int = _MOST_TRADES

    def __post_init__(self) -> None:
        self.require_positive("wait_s", "retry_s", "held_trades")
        require(1 <= self.asked_trades <= _MOST_TRADES, f"asked_trades must be 1 to {_MOST_TRADES}")
