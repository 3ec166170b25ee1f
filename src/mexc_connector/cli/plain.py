"""The plain view: one line per market and second, `key=value`, for logs and pipes."""

from datetime import UTC, datetime

from mexc_connector.cli.number_text import exact_text
from mexc_connector.cli.view_model import MarketFrame


def plain_line(market: MarketFrame, *, time_ms: int) -> str:
    """Write one market as one line; prices and sizes with all digits of the market's steps.

    `time_ms` is the moment in milliseconds since 1970. An unsynced book has its state instead of
    prices; what is unknown is left out.
    """
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    fields = [moment.strftime("%Y-%m-%dT%H:%M:%SZ"), market.name]
    fields += _prices(market)
    fields.append(f"updates_per_s={market.updates_per_second}")
    fields += _last_trade(market)
    if market.latency is not None:
        fields.append(f"latency_ms={market.latency.median_ms:.1f}")
    if market.age_ms is not None:
        fields.append(f"age_ms={market.age_ms:.0f}")
    fields.append(f"state={market.state}")
    return " ".join(fields)


def _prices(market: MarketFrame) -> list[str]:
    fields = []
    bid, ask, spread = market.best_bid, market.best_ask, market.spread
    if bid is not None:
        fields.append(f"bid={exact_text(bid.price, market.price_decimals)}")
    if ask is not None:
        fields.append(f"ask={exact_text(ask.price, market.price_decimals)}")
    if spread is not None:
        fields.append(f"spread={exact_text(spread, market.price_decimals)}")
    if bid is not None:
        fields.append(f"bid_size={exact_text(bid.size, market.size_decimals)}")
    if ask is not None:
        fields.append(f"ask_size={exact_text(ask.size, market.size_decimals)}")
    return fields


def _last_trade(market: MarketFrame) -> list[str]:
    if not market.trades:
        return []
    trade = market.trades[0]
    return [
        f"last={exact_text(trade.price, market.price_decimals)}",
        f"last_amount={exact_text(trade.amount, market.size_decimals)}",
        f"last_side={trade.side.lower()}",
    ]
