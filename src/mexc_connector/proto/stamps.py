"""When the exchange says that a push happened, was made and was sent."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mexc_connector.common.latency import StreamKind
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper


class PushStamps(NamedTuple):
    """Milliseconds of the exchange's clock; 0 where the push does not say.

    `engine_ms` is the newest order or trade that the body contains.
    """

    engine_ms: int
    created_ms: int
    sent_ms: int


def push_stamps(push: PushDataV3ApiWrapper, kind: StreamKind) -> PushStamps:
    """Read the stamps of a push of this kind."""
    read = _ENGINE_TIMES.get(kind)
    return PushStamps(0 if read is None else read(push), push.createTime, push.sendTime)


def _newest_trade_ms(push: PushDataV3ApiWrapper) -> int:
    return max((item.time for item in push.publicAggreDeals.deals), default=0)


# Private orders carry the time of their placement only, and balances one of settlement that may
# be minutes old. Source: Spot v3 protobuf schema, `lastOrderCreateTime` of 2026-06-17.
_ENGINE_TIMES: Mapping[StreamKind, Callable[[PushDataV3ApiWrapper], int]] = {
    StreamKind.ORDER_BOOK: lambda push: push.publicAggreDepths.lastOrderCreateTime,
    StreamKind.LIMIT_DEPTH: lambda push: push.publicLimitDepths.lastOrderCreateTime,
    StreamKind.BOOK_TICKER: lambda push: push.publicAggreBookTicker.lastOrderCreateTime,
    StreamKind.BOOK_TICKER_BATCH: lambda push: push.publicBookTickerBatch.lastOrderCreateTime,
    StreamKind.TRADES: _newest_trade_ms,
    StreamKind.FILLS: lambda push: push.privateDeals.time,
}
