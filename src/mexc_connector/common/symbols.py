"""Symbols as pairs of assets, and the map to and from the exchange's spelling."""

from collections.abc import Iterable, Iterator
from typing import NewType

import msgspec

from mexc_connector.common.errors import UnknownSymbol

AssetName = NewType("AssetName", str)
"""Name of an asset as the exchange spells it, for example `AssetName("BTC")`. Case matters."""


class Symbol(msgspec.Struct, frozen=True, order=True):
    """A market as the pair it trades: `Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))`.

    The exchange's own spelling (`BTCUSDT`) is never taken apart: two thirds of all spellings
    could be split in more than one place. `SymbolMap` translates.
    """

    base: AssetName
    quote: AssetName

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"


class SymbolMap:
    """Two-way map between `Symbol` and the exchange's spelling, built from `exchangeInfo`.

    Both directions are one dictionary look-up. A map never changes; a refresh makes a new one.
    """

    def __init__(self, pairs: Iterable[tuple[Symbol, str]]) -> None:
        self._to_exchange = dict(pairs)
        self._from_exchange = {text: symbol for symbol, text in self._to_exchange.items()}

    def to_exchange(self, symbol: Symbol) -> str:
        """Return the exchange's spelling; raises `UnknownSymbol` for a market it does not list."""
        try:
            return self._to_exchange[symbol]
        except KeyError:
            raise UnknownSymbol(str(symbol)) from None

    def from_exchange(self, text: str) -> Symbol:
        """Return the pair behind the exchange's spelling; raises `UnknownSymbol`."""
        try:
            return self._from_exchange[text]
        except KeyError:
            raise UnknownSymbol(text) from None

    def updated_by(self, newer: "SymbolMap") -> "SymbolMap":
        """Return a map with the pairs of both, the newer where they contradict each other.

        So a market that is gone stays known: its orders may still have to be told.
        """
        changes = {symbol: newer.to_exchange(symbol) for symbol in newer}
        return SymbolMap((self._to_exchange | changes).items())

    def __contains__(self, symbol: Symbol) -> bool:
        return symbol in self._to_exchange

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._to_exchange)

    def __len__(self) -> int:
        return len(self._to_exchange)

    def __repr__(self) -> str:
        return f"<SymbolMap {len(self)} markets>"
