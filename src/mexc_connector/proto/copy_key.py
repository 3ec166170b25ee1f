"""What a push is a copy of, when several links bring the same ones."""

from mexc_connector.proto import numbers
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper


def copy_key(push: PushDataV3ApiWrapper) -> int | str | None:
    """Return what tells a push from the others of its channel, and is the same on every link.

    The version that a diff, quote or limit depth leads to, the id of the first trade of a push of
    trades; None where the exchange does not say, as in candles and mini tickers.
    """
    match push.WhichOneof("body"):
        case "publicAggreDepths":
            return _version(push.publicAggreDepths.toVersion)
        case "publicAggreBookTicker":
            return _version(push.publicAggreBookTicker.version)
        case "publicLimitDepths":
            return _version(push.publicLimitDepths.version)
        case "publicAggreDeals" if push.publicAggreDeals.deals:
            return push.publicAggreDeals.deals[0].tradeId or None
    return None


def trade_keys(push: PushDataV3ApiWrapper) -> list[str | bytes]:
    """Return what tells each trade of a push from others: its id, or all that is said of it."""
    return [
        trade.tradeId or trade.SerializeToString(deterministic=True)
        for trade in push.publicAggreDeals.deals
    ]


def _version(text: str) -> int | None:
    try:
        return numbers.version(text)
    except ValueError:
        return None
