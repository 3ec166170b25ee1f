"""Bodies of the public REST replies, in the exchange's spelling, order and field types."""

from __future__ import annotations

import msgspec


class Nothing(msgspec.Struct, frozen=True):
    """`{}`."""


class ServerTime(msgspec.Struct, frozen=True):
    """GET time."""

    serverTime: int  # noqa: N815  the exchange's spelling, here and below


class Wrapped(msgspec.Struct, frozen=True):
    """A success wrapper; `code` 0 as in captures, 200 in the documentation."""

    data: list[str]
    code: int
    msg: str
    timestamp: int


class OfflineSymbol(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of symbol/offline; `state` 2 suspended, 3 delisted."""

    symbol: str
    state: int
    offlineTime: int | None = None  # noqa: N815


class OfflineSymbols(msgspec.Struct, frozen=True):
    """GET symbol/offline."""

    data: list[OfflineSymbol]


class Announcement(msgspec.Struct, frozen=True):
    """One announcement."""

    title: str
    url: str
    postTime: int  # noqa: N815
    language: str


class AnnouncementPage(msgspec.Struct, frozen=True):
    """A page of announcements."""

    details: list[Announcement]
    totalPage: int  # noqa: N815


class Announcements(msgspec.Struct, frozen=True):
    """GET announcements."""

    data: list[AnnouncementPage]
    code: int = 0
    msg: str = "success"


class Contracts(msgspec.Struct, frozen=True):
    """GET of the futures' contract list, which is empty here."""

    data: list[str]
    success: bool = True
    code: int = 0


class ContractsPing(msgspec.Struct, frozen=True):
    """GET of the futures' ping: their clock in ms."""

    data: int
    success: bool = True
    code: int = 0


class AveragePrice(msgspec.Struct, frozen=True):
    """GET avgPrice."""

    mins: int
    price: str | None


class PriceFilter(msgspec.Struct, frozen=True):
    """The one filter seen in production; the multipliers are fractions."""

    filterType: str  # noqa: N815
    bidMultiplierUp: str  # noqa: N815
    askMultiplierDown: str  # noqa: N815


class SymbolRow(msgspec.Struct, frozen=True):
    """One row of exchangeInfo."""

    symbol: str
    status: str
    baseAsset: str  # noqa: N815
    baseAssetPrecision: int  # noqa: N815
    quoteAsset: str  # noqa: N815
    quotePrecision: int  # noqa: N815
    quoteAssetPrecision: int  # noqa: N815
    baseCommissionPrecision: int  # noqa: N815
    quoteCommissionPrecision: int  # noqa: N815
    orderTypes: list[str]  # noqa: N815
    isSpotTradingAllowed: bool  # noqa: N815
    isMarginTradingAllowed: bool  # noqa: N815
    quoteAmountPrecision: str  # noqa: N815
    baseSizePrecision: str  # noqa: N815
    permissions: list[str]
    filters: list[PriceFilter]
    maxQuoteAmount: str  # noqa: N815
    makerCommission: str  # noqa: N815
    takerCommission: str  # noqa: N815
    quoteAmountPrecisionMarket: str  # noqa: N815
    maxQuoteAmountMarket: str  # noqa: N815
    fullName: str  # noqa: N815
    tradeSideType: int  # noqa: N815
    contractAddress: str  # noqa: N815
    st: bool
    conceptPlateIds: list[int]  # noqa: N815
    conceptPlates: list[str]  # noqa: N815
    firstOpenTime: int  # noqa: N815


class ExchangeInformation(msgspec.Struct, frozen=True):
    """GET exchangeInfo; `rateLimits` and `exchangeFilters` are always empty."""

    timezone: str
    serverTime: int  # noqa: N815
    rateLimits: list[str]  # noqa: N815
    exchangeFilters: list[str]  # noqa: N815
    symbols: list[SymbolRow]


class Depth(msgspec.Struct, frozen=True):
    """GET depth: [price, quantity] rows, best first, padded to scale."""

    lastUpdateId: int  # noqa: N815
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    timestamp: int


class TradeRow(msgspec.Struct, frozen=True):
    """One row of trades; the id is always null."""

    id: None
    price: str
    qty: str
    quoteQty: str  # noqa: N815
    time: int
    isBuyerMaker: bool  # noqa: N815
    isBestMatch: bool  # noqa: N815
    tradeType: str  # noqa: N815


class AggregateTradeRow(msgspec.Struct, frozen=True):
    """One row of aggTrades; ids are always null, `T` has a resolution of a second."""

    a: None
    f: None
    l: None  # noqa: E741
    p: str
    q: str
    T: int
    m: bool
    M: bool


class DayTicker(msgspec.Struct, frozen=True):
    """GET ticker/24hr; prices are null for a symbol that never traded."""

    symbol: str
    priceChange: str | None  # noqa: N815
    priceChangePercent: str | None  # noqa: N815
    prevClosePrice: str | None  # noqa: N815
    lastPrice: str | None  # noqa: N815
    bidPrice: str | None  # noqa: N815
    bidQty: str  # noqa: N815
    askPrice: str | None  # noqa: N815
    askQty: str  # noqa: N815
    openPrice: str | None  # noqa: N815
    highPrice: str | None  # noqa: N815
    lowPrice: str | None  # noqa: N815
    volume: str | None
    quoteVolume: str | None  # noqa: N815
    openTime: int  # noqa: N815
    closeTime: int  # noqa: N815
    count: None


class PriceTicker(msgspec.Struct, frozen=True):
    """GET ticker/price."""

    symbol: str
    price: str | None


class BookTickerRow(msgspec.Struct, frozen=True):
    """GET ticker/bookTicker; an empty side has a null price and an empty quantity."""

    symbol: str
    bidPrice: str | None  # noqa: N815
    bidQty: str  # noqa: N815
    askPrice: str | None  # noqa: N815
    askQty: str  # noqa: N815


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every refusal."""

    code: int
    msg: str
