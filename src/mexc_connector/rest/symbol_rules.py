"""`exchangeInfo` as rules of markets.

The exchange's field names mislead: `baseSizePrecision` is the minimum amount and
`quoteAmountPrecision` the minimum value of an order, neither is a step. The steps are powers of
ten from `quotePrecision` (price) and `baseAssetPrecision` (amount).
"""

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from mexc_connector.common.enums import MarketStatus, OrderType, TradableSides
from mexc_connector.common.errors import ConfigError, UsageError
from mexc_connector.common.instrument import ExchangeInfo, SymbolInfo, exact_decimal
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.rest import wire
from mexc_connector.rest.answer import Answer

_LOGGER = logging.getLogger("mexc_connector.rest")
_LARGEST_PRECISION = 30
_ROWS_PER_TURN = 100
_KNOWN_ORDER_TYPES = frozenset(OrderType)
_STATUSES = {
    "1": MarketStatus.ONLINE,
    "2": MarketStatus.PAUSED,
    "3": MarketStatus.OFFLINE,
    "ENABLED": MarketStatus.ONLINE,  # before August 2024, and in the documentation still
}
_SIDES = {
    "1": TradableSides.BOTH,
    "2": TradableSides.BUY_ONLY,
    "3": TradableSides.SELL_ONLY,
    "4": TradableSides.NONE,
}


class SymbolTable(msgspec.Struct, frozen=True):
    """All markets at one moment. `unreadable` counts rows that were left out."""

    info: ExchangeInfo
    by_symbol: Mapping[Symbol, SymbolInfo]
    symbol_map: SymbolMap
    unreadable: int


def step_sizes(overrides: Mapping[str, str]) -> dict[str, Decimal]:
    """Read `MexcConfig.step_size_overrides`. Raises `ConfigError`, naming the market."""
    steps = {}
    for exchange_symbol, text in overrides.items():
        try:
            step = exact_decimal(text, name=f"step_size_overrides[{exchange_symbol!r}]")
        except UsageError as error:
            raise ConfigError(str(error)) from error
        if step <= 0:
            raise ConfigError(f"step_size_overrides[{exchange_symbol!r}] must be above 0")
        steps[exchange_symbol] = Decimal(format(step, "f"))  # "1E+1" is to read as 10
    return steps


async def symbol_table(answer: Answer, *, steps: Mapping[str, Decimal]) -> SymbolTable:
    """Read a reply of `exchangeInfo`.

    A row that cannot be read is left out and counted, so that one odd listing does not stop
    trading on all others; if no row at all can be read the reply is a `ProtocolViolation`.
    2,100 rows take 30 ms (2026-11-20); others get their turn in between.
    """
    reply = wire.decode(answer, wire.ExchangeInfoReply)
    by_symbol: dict[Symbol, SymbolInfo] = {}
    unreadable = 0
    for number, raw in enumerate(reply.symbols):
        if number % _ROWS_PER_TURN == 0:
            await asyncio.sleep(0)
        try:
            row = msgspec.json.decode(raw, type=wire.SymbolRow, strict=False)
            info = _symbol_info(row, steps)
        except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            fields = log_fields(endpoint=answer.endpoint)
            _LOGGER.debug("%s: a row is left out: %s", answer.endpoint, error, extra=fields)
            unreadable += 1
            continue
        rival = by_symbol.get(info.symbol)
        if rival is None or rival.status is not MarketStatus.ONLINE:  # a pair listed twice
            by_symbol[info.symbol] = info
    if unreadable and not by_symbol:
        raise wire.violation(answer, "no market could be read")
    return SymbolTable(
        info=ExchangeInfo(reply.server_time, tuple(by_symbol.values())),
        by_symbol=by_symbol,
        symbol_map=SymbolMap((info.symbol, info.exchange_symbol) for info in by_symbol.values()),
        unreadable=unreadable,
    )


def _symbol_info(row: wire.SymbolRow, steps: Mapping[str, Decimal]) -> SymbolInfo:
    if not (row.symbol and row.base_asset and row.quote_asset):
        raise ValueError("a name is empty")
    band = next((f for f in row.filters or () if f.filter_type == "PERCENT_PRICE_BY_SIDE"), None)
    return SymbolInfo(
        symbol=Symbol(AssetName(row.base_asset), AssetName(row.quote_asset)),
        exchange_symbol=row.symbol,
        full_name=row.full_name or "",
        status=_STATUSES.get(str(row.status), MarketStatus.UNKNOWN),
        is_api_trading_allowed=row.is_spot_trading_allowed,
        tradable_sides=_SIDES.get(str(row.trade_side_type), TradableSides.UNKNOWN),
        order_types=frozenset(OrderType(t) for t in row.order_types or () if _is_known(t)),
        base_precision=row.base_asset_precision,
        quote_precision=row.quote_precision,
        step_size=steps.get(row.symbol) or _step(row.base_asset_precision),
        tick_size=_step(row.quote_precision),
        min_amount=_bound(row.base_size_precision),
        min_quote_amount=_bound(row.quote_amount_precision),
        min_quote_amount_market=_bound(row.quote_amount_precision_market),
        max_quote_amount=_bound(row.max_quote_amount),
        max_quote_amount_market=_bound(row.max_quote_amount_market),
        maker_commission=_finite(row.maker_commission),
        taker_commission=_finite(row.taker_commission),
        max_buy_premium=None if band is None else _bound(band.bid_multiplier_up),
        max_sell_discount=None if band is None else _bound(band.ask_multiplier_down),
        is_special_treatment=bool(row.st),
        contract_address=row.contract_address or "",
        listed_ms=row.first_open_time,
    )


def _is_known(order_type: str) -> bool:
    return order_type in _KNOWN_ORDER_TYPES


def _step(precision: int) -> Decimal:
    if not 0 <= precision <= _LARGEST_PRECISION:
        raise ValueError(f"a precision of {precision}")
    return Decimal(1).scaleb(-precision)


def _finite(value: Decimal | None) -> Decimal | None:
    if value is not None and not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    return value


def _bound(value: Decimal | None) -> Decimal | None:
    """Return a bound without padding zeros; the exchange writes 0 where there is none."""
    value = _finite(value)
    if value is None or value == 0:
        return None
    if value < 0:
        raise ValueError(f"a bound of {value}")
    return Decimal(format(value.normalize(), "f"))
