"""Replies in the exchange's spelling, as lenient as the exchange is fickle. Private to `rest`.

Numbers arrive as text or bare, identifiers as numbers or text, and figures of quiet markets as
null or empty text. Decoding is lax, so text counts as the number that it spells; unknown fields
are ignored. What cannot be read is a `ProtocolViolation` that names the endpoint.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.rest.answer import Answer

T = TypeVar("T")
Result = TypeVar("Result")

Figure = float | str | None
"""A number that may be null or empty text; read it with `optional_figure`."""


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    """A JSON object; our names in snake case, theirs in camel case."""


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A JSON array with fixed places; further items are ignored."""


class Empty(_Object, frozen=True):
    """Reply of `ping`."""


class ServerTime(_Object, frozen=True):
    """Reply of `time`."""

    server_time: int


class DefaultSymbols(_Object, frozen=True):
    """Reply of `defaultSymbols`."""

    data: list[str]


class OfflineRow(_Object, frozen=True):
    """`state` is 2 for suspended, 3 for delisted."""

    symbol: str
    state: int
    offline_time: int | None = None


class OfflineSymbols(_Object, frozen=True):
    """Reply of `symbol/offline`."""

    data: list[OfflineRow] | None = None


class AnnouncementRow(_Object, frozen=True):
    """One announcement."""

    title: str
    url: str
    post_time: int
    language: str = ""


class AnnouncementPage(_Object, frozen=True):
    """One page."""

    details: list[AnnouncementRow] | None = None
    total_page: int | None = None


class Announcements(_Object, frozen=True):
    """Reply of `announcements`: a list that holds one page."""

    data: list[AnnouncementPage] | None = None


class FilterRow(_Object, frozen=True):
    """The only filter seen is `PERCENT_PRICE_BY_SIDE`; its multipliers are fractions."""

    filter_type: str = ""
    bid_multiplier_up: Decimal | None = None
    ask_multiplier_down: Decimal | None = None


class SymbolRow(_Object, frozen=True):
    """Rules of one market. The names mislead: see `symbol_rules`."""

    symbol: str
    base_asset: str
    quote_asset: str
    base_asset_precision: int
    quote_precision: int
    status: str | int = ""
    is_spot_trading_allowed: bool = False
    order_types: list[str] | None = None
    trade_side_type: int | str | None = None
    quote_amount_precision: Decimal | None = None
    quote_amount_precision_market: Decimal | None = None
    base_size_precision: Decimal | None = None
    max_quote_amount: Decimal | None = None
    max_quote_amount_market: Decimal | None = None
    maker_commission: Decimal | None = None
    taker_commission: Decimal | None = None
    filters: list[FilterRow] | None = None
    full_name: str | None = None
    contract_address: str | None = None
    st: bool | None = None
    first_open_time: int | None = None


class ExchangeInfoReply(_Object, frozen=True):
    """Reply of `exchangeInfo`. Rows are read one by one: a bad one must not hide the others."""

    symbols: list[msgspec.Raw]
    server_time: int


class LevelRow(_Row, frozen=True):
    """One level of a book."""

    price: float
    size: float


class Depth(_Object, frozen=True):
    """Reply of `depth`."""

    last_update_id: int
    bids: list[LevelRow]
    asks: list[LevelRow]
    timestamp: int | None = None


class TradeRow(_Object, frozen=True):
    """One row of `trades`; `id` is always null, `tradeType` newer than the documentation."""

    price: float
    qty: float
    time: int
    is_buyer_maker: bool | None = None
    trade_type: str | None = None


class AggregateTradeRow(msgspec.Struct, frozen=True):
    """One row of `aggTrades`: price, quantity, time, buyer is maker. The ids are always null."""

    p: float
    q: float
    T: int
    m: bool


class KlineRow(_Row, frozen=True):
    """One row of `klines`."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: int
    quote_volume: float


class AveragePriceReply(_Object, frozen=True):
    """Reply of `avgPrice`."""

    mins: int
    price: float


class TickerRow(_Object, frozen=True):
    """One row of `ticker/24hr`; the percentage is a fraction."""

    symbol: str
    price_change: Figure = None
    price_change_percent: Figure = None
    prev_close_price: Figure = None
    last_price: Figure = None
    bid_price: Figure = None
    bid_qty: Figure = None
    ask_price: Figure = None
    ask_qty: Figure = None
    open_price: Figure = None
    high_price: Figure = None
    low_price: Figure = None
    volume: Figure = None
    quote_volume: Figure = None
    open_time: int | None = None
    close_time: int | None = None


class PriceRow(_Object, frozen=True):
    """One row of `ticker/price`."""

    symbol: str
    price: Figure = None


class BookTickerRow(_Object, frozen=True):
    """One row of `ticker/bookTicker`."""

    symbol: str
    bid_price: Figure = None
    bid_qty: Figure = None
    ask_price: Figure = None
    ask_qty: Figure = None


def decode(answer: Answer, form: type[T]) -> T:
    """Read an answer as `form`. Raises `ProtocolViolation`, which keeps the body as text."""
    try:
        return msgspec.json.decode(answer.body, type=form, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise violation(answer, str(error)) from error


def decode_rows(answer: Answer, form: type[T]) -> list[T]:
    """Read a list of rows; one bare object counts as a list of one."""
    if answer.body.lstrip().startswith(b"{"):
        return [decode(answer, form)]
    return decode(answer, list[form])  # type: ignore[valid-type]  # a type made at run time


def convert(answer: Answer, form: type[T], build: Callable[[T], Result]) -> Result:
    """Read an answer as `form` and `build` the model; its `ValueError` is a violation too."""
    return _built(answer, decode(answer, form), build)


def convert_rows(answer: Answer, form: type[T], build: Callable[[T], Result]) -> list[Result]:
    """Read a list of rows and `build` the model of each."""
    return [_built(answer, row, build) for row in decode_rows(answer, form)]


def _built(answer: Answer, reply: T, build: Callable[[T], Result]) -> Result:
    try:
        return build(reply)
    except ValueError as error:
        raise violation(answer, str(error)) from error


def violation(answer: Answer, problem: str) -> ProtocolViolation:
    """Return the error for an answer that breaks its form."""
    return ProtocolViolation(
        problem, endpoint=answer.endpoint, body=answer.body.decode(errors="replace")
    )


def optional_figure(value: Figure) -> float | None:
    """Return a finite number, or None for null and empty text. Raises `ValueError` for the rest."""
    if value is None or value == "":
        return None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def positive(value: float, name: str) -> float:
    """Return a price that can be one. Raises `ValueError`; NaN fails the comparison too."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}")
    return value


def not_negative(value: float, name: str) -> float:
    """Return a quantity that can be one. Raises `ValueError`."""
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value!r}")
    return value
