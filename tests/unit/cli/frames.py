"""Frames of made-up markets, for the tests of what is drawn from them."""

from decimal import Decimal

from mexc_connector.cli.rates import LatencySummary
from mexc_connector.cli.view_model import DemoFrame, LinkFigures, MarketFrame
from mexc_connector.common.enums import ConnectionState, MarketStatus, Side, TradableSides
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.models import OrderBookEntry, Trade
from mexc_connector.common.symbols import AssetName, Symbol

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
NOON_MS = 1_795_262_400_000  # 2026-11-21T12:00:00Z


def symbol_info(
    symbol: Symbol = BTC_USDT, *, tick_size: str = "0.01", step_size: str = "0.00000001"
) -> SymbolInfo:
    return SymbolInfo(
        symbol=symbol,
        exchange_symbol=f"{symbol.base}{symbol.quote}",
        full_name="Bitcoin",
        status=MarketStatus.ONLINE,
        is_api_trading_allowed=True,
        tradable_sides=TradableSides.BOTH,
        order_types=frozenset(),
        base_precision=8,
        quote_precision=2,
        step_size=Decimal(step_size),
        tick_size=Decimal(tick_size),
        min_amount=None,
        min_quote_amount=None,
        min_quote_amount_market=None,
        max_quote_amount=None,
        max_quote_amount_market=None,
        maker_commission=None,
        taker_commission=None,
        max_buy_premium=None,
        max_sell_discount=None,
        is_special_treatment=False,
        contract_address="",
        listed_ms=None,
    )


def trade(
    price: float = 84_270.0,
    *,
    amount: float = 0.5,
    side: Side = Side.BUY,
    time_ms: int = NOON_MS,
) -> Trade:
    return Trade(symbol=BTC_USDT, price=price, amount=amount, side=side, exchange_time_ms=time_ms)


def market_frame(
    *,
    name: str = "BTCUSDT",
    levels: int = 30,
    price_decimals: int = 2,
    size_decimals: int = 8,
    mid: float = 84_270.0,
    size: float = 0.25,
    trades: int = 30,
    reason: str = "",
) -> MarketFrame:
    tick = 10.0**-price_decimals
    return MarketFrame(
        name=name,
        price_decimals=price_decimals,
        size_decimals=size_decimals,
        state=reason or "LIVE",
        is_synced=not reason,
        bids=()
        if reason
        else tuple(OrderBookEntry(mid - tick * (i + 1), size) for i in range(levels)),
        asks=()
        if reason
        else tuple(OrderBookEntry(mid + tick * (i + 1), size) for i in range(levels)),
        trades=tuple(
            trade(mid, side=Side.SELL if i % 2 else Side.BUY, time_ms=NOON_MS - i)
            for i in range(trades)
        ),
        updates_per_second=97,
        age_ms=3.25,
        latency=LatencySummary(median_ms=0.6, p99_ms=2.5),
    )


def demo_frame(
    *markets: MarketFrame,
    state: ConnectionState = ConnectionState.OPEN,
    reconnects: int = 0,
    source: str = "simulator :8765",
) -> DemoFrame:
    return DemoFrame(
        source=source,
        age_s=65.2,
        links=LinkFigures(
            state=state,
            links=1,
            open_links=1,
            reconnects=reconnects,
            resyncs=0,
            frames=1000,
            updates=900,
        ),
        frames_per_second=158.4,
        updates_per_second=131.0,
        latency=LatencySummary(median_ms=0.6, p99_ms=2.5),
        markets=markets,
    )
