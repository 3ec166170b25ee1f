"""What `TradeTape` answers."""

from collections.abc import Sequence

import msgspec

from mexc_connector.common.models import Trade
from mexc_connector.common.trade_gap import TradeGap


class TapeStep(msgspec.Struct, frozen=True):
    """What the shell owes: trades to hand out, a request to send, a gap to report."""

    trades: Sequence[Trade] = ()
    request: int | None = None
    gap: TradeGap | None = None
