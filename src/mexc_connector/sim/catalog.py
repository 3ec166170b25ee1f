"""Which markets exist: well-known ones with MEXC's precisions, and generated ones on request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from random import Random

import msgspec

from mexc_connector.sim.errors import SimError

DEFAULT_SYMBOLS = ("BTCUSDT", "ETHUSDT", "MXUSDT", "PEPEUSDT")
QUOTE_ASSETS = ("USDT", "USDC", "USD1", "EUR", "BTC", "ETH")
ONLINE, PAUSED = "1", "2"
BOTH_SIDES, BUY_ONLY = 1, 2
SYMBOL_FORM = re.compile(r"[^\sa-z@,&=?#%/\\\"']{2,40}")


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One market's rules, and how lively the simulator makes it."""

    index: int
    base: str
    quote: str
    full_name: str
    price_digits: int
    quantity_digits: int
    min_quantity: str
    start_price: int
    """Ticks."""
    typical_lots: int
    """A usual order, in lots."""
    events_per_second: float
    """Agent actions at the default number of agents."""
    levels: int
    """Price levels per side that the agents keep quoted."""
    is_deep: bool = False
    """Whether `levels` were asked for, so that quotes must reach out far enough to be that many."""
    takes_market_orders: bool = True
    status: str = ONLINE
    """As exchangeInfo has it; in a market that is not online nothing happens."""
    is_open_to_api: bool = True
    trade_side_type: int = BOTH_SIDES
    price_band: str | None = None
    """Fraction of PERCENT_PRICE_BY_SIDE, None where the market has no filter."""

    @property
    def symbol(self) -> str:
        """The exchange's spelling; it cannot be split back into base and quote."""
        return self.base + self.quote

    @property
    def symbol_id(self) -> str:
        """The opaque id that kline frames carry."""
        if self.symbol == "BTCUSDT":
            return "2fb942154ef44a4ab2ef98c8afb6a4a7"
        return hashlib.md5(self.symbol.encode(), usedforsecurity=False).hexdigest()

    @property
    def is_liquid(self) -> bool:
        """Whether the market trades many times a minute."""
        return self.events_per_second >= 8


class _Known(msgspec.Struct, frozen=True):
    """One row of the table of well-known markets; price in quote, typical order in base."""

    base: str
    full_name: str
    price: str
    price_digits: int
    quantity_digits: int
    min_quantity: str
    typical: str
    events_per_second: float = 4.0
    levels: int = 120
    quote: str = "USDT"
    price_band: str | None = None
    takes_market_orders: bool = True
    status: str = ONLINE
    is_open_to_api: bool = True
    trade_side_type: int = BOTH_SIDES


# Precisions and minimums: exchangeInfo of 2025-01 to 2026-08 where published, else the same family.
_KNOWN = (
    _Known("BTC", "Bitcoin", "84270", 2, 8, "0.000001", "0.05", 90, 500, price_band="0.005"),
    _Known("ETH", "Ethereum", "3219.58", 2, 5, "0.0001", "0.8", 60, 400, price_band="0.005"),
    _Known("MX", "MX Token", "3.6962", 4, 2, "0.1", "120", 15, 200),
    _Known("PEPE", "Pepe", "0.000004712", 9, 2, "0", "45000000", 15, 200),
    _Known("SOL", "Solana", "141.27", 2, 4, "0.001", "12", 16, 300, price_band="0.005"),
    _Known("XRP", "XRP", "2.2145", 4, 2, "0.1", "900", 16, 300, price_band="0.005"),
    _Known("DOGE", "Dogecoin", "0.16122", 5, 2, "1", "9000", 12, 250),
    _Known("LTC", "Litecoin", "88.31", 2, 4, "0.001", "8", 8, 200),
    _Known("ADA", "Cardano", "0.4631", 4, 2, "0.1", "2500", 8, 200),
    _Known("HYPE", "Hyperliquid", "72.34", 2, 2, "0.01", "20", 8, 200),
    _Known("ATLAS", "Star Atlas", "0.003143", 6, 2, "0.0001", "60000"),
    _Known("METAL", "Metal", "0.42117", 5, 2, "0.1", "400"),
    _Known("龙虾", "Lobster", "0.0021334", 7, 2, "1", "20000"),
    _Known("币安人生", "Binance Life", "0.13562", 5, 2, "1", "800"),
    _Known("GOLD(PAXG)", "PAX Gold", "4051.9", 2, 4, "0.0001", "0.2"),
    _Known("SPACEX(PRE)", "SpaceX Pre-Market", "412.6", 2, 3, "0.001", "1.5"),
    _Known("ETH", "Ethereum", "3219.4", 2, 5, "0.0001", "0.3", 6, 150, "USDC", None, False),
    _Known("ETH", "Ethereum", "0.038205", 6, 4, "0.001", "0.4", 4, 120, "BTC"),
)
_SPECIAL = (
    _Known("HALTED", "Halted Token", "1.2085", 4, 2, "0.1", "150", status=PAUSED),
    _Known("WEBONLY", "Web Only Token", "0.5417", 4, 2, "0.1", "350", is_open_to_api=False),
    _Known("BUYONLY", "Buy Only Token", "2.4460", 4, 2, "0.1", "80", trade_side_type=BUY_ONLY),
)
"""Listed by name only: each breaks one thing that a client may take for granted."""
# fmt: off
_SYLLABLES = (
    "KA", "LO", "MI", "RU", "TE", "VO", "ZEN", "BIT", "DEX", "FI", "NOVA", "QU", "SO", "XA",
)
# fmt: on


def listings(
    symbols: tuple[str, ...] | None, count: int | None, *, levels_per_side: int | None = None
) -> list[Listing]:
    """Give the markets asked for; raises `SimError` for a name that no market can have."""
    rows = _rows(symbols, count)
    return [_listing(index, row, levels_per_side) for index, row in enumerate(rows)]


def _rows(symbols: tuple[str, ...] | None, count: int | None) -> list[_Known]:
    if count is not None:
        return list(islice(_generated_rows(), count))
    names = DEFAULT_SYMBOLS if symbols is None else symbols
    if len(set(names)) != len(names):
        raise SimError("A symbol is named twice.")
    if not names:
        raise SimError("At least one symbol is needed.")
    known = {row.base + row.quote: row for row in _KNOWN + _SPECIAL}
    return [known.get(name) or _row_for(name) for name in names]


def _row_for(name: str) -> _Known:
    if SYMBOL_FORM.fullmatch(name):
        for quote in QUOTE_ASSETS:
            if name.endswith(quote) and len(name) > len(quote):
                return _invented(name.removesuffix(quote), quote)
    raise SimError(
        f"{name!r} is not a symbol: it must be upper case and end with one of "
        f"{', '.join(QUOTE_ASSETS)}."
    )


def _generated_rows() -> Iterator[_Known]:
    """Yield the well-known markets, then invented names, without end and without repetition."""
    yield from _KNOWN
    size = len(_SYLLABLES)
    number = 0
    while True:
        first, second, third = number % size, number // size % size, number // size**2
        suffix = _SYLLABLES[third % size] + (str(third // size) if third >= size else "")
        yield _invented(_SYLLABLES[first] + _SYLLABLES[second] + suffix, "USDT")
        number += 1


def _invented(base: str, quote: str) -> _Known:
    """Make up a market from its name alone, so that it is the same in every catalogue."""
    rng = Random(f"listing:{base}{quote}")
    magnitude = rng.choice((-5, -4, -3, -2, -2, -1, -1, 0, 0, 1, 2))
    mantissa = rng.randint(1000, 9999)
    price_digits = max(2, 4 - magnitude)
    price = mantissa * 10 ** (price_digits + magnitude - 3)
    quantity_digits = 4 if magnitude >= 2 else 2
    typical_quote = rng.uniform(30, 400)
    return _Known(
        base=base,
        full_name=base.title(),
        price=f"{price / 10**price_digits:.{price_digits}f}",
        price_digits=price_digits,
        quantity_digits=quantity_digits,
        min_quantity=rng.choice(("0", "0.01", "0.1")),
        typical=f"{max(1.0, typical_quote * 10**price_digits / price):.{quantity_digits}f}",
        events_per_second=round(1.0 + 5.0 * rng.random() ** 2, 3),
        levels=rng.randint(30, 60),
        quote=quote,
    )


def _listing(index: int, row: _Known, levels_per_side: int | None) -> Listing:
    return Listing(
        index=index,
        base=row.base,
        quote=row.quote,
        full_name=row.full_name,
        price_digits=row.price_digits,
        quantity_digits=row.quantity_digits,
        min_quantity=row.min_quantity,
        start_price=round(float(row.price) * 10**row.price_digits),
        typical_lots=max(1, round(float(row.typical) * 10**row.quantity_digits)),
        events_per_second=row.events_per_second,
        levels=levels_per_side or row.levels,
        is_deep=levels_per_side is not None,
        takes_market_orders=row.takes_market_orders,
        status=row.status,
        is_open_to_api=row.is_open_to_api,
        trade_side_type=row.trade_side_type,
        price_band=row.price_band,
    )
