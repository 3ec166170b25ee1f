"""Which markets there are: symbol rules in memory, and what is known of the missing ones."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from mexc_connector.common.errors import (
    ExchangeAPIError,
    InvalidSymbol,
    ProtocolViolation,
    TransportError,
    UnknownSymbol,
)
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.models import OfflineSymbol
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.core.signing import Parameters
from mexc_connector.rest import endpoints, market_data, wire
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.arguments import require_symbol
from mexc_connector.rest.endpoints import Endpoint
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.symbol_cache import SymbolCache
from mexc_connector.rest.symbol_rules import SymbolTable, step_sizes, symbol_table


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


Row = TypeVar("Row", bound=_Named)
Model = TypeVar("Model")
Build = Callable[[Row, Symbol], Model]

_FRESH_S = 5.0
"""A table this young is believed when it lacks a market."""


class SymbolDirectory:
    """Translates between `Symbol` and the exchange's spelling, asking the exchange when needed."""

    def __init__(self, session: RestSession) -> None:
        config = session.config
        self._session = session
        self.config = config
        self._steps = step_sizes(config.step_size_overrides)
        self._life_s = config.symbol_cache_s
        self._ever_listed = SymbolMap([])
        self._offline: dict[str, OfflineSymbol] = {}
        self._offline_read_at = float("-inf")
        self.cache = SymbolCache(self._fetch, clock=session.clock, life_s=self._life_s)
        self.unlisted_rows = 0

    async def _fetch(self) -> SymbolTable:
        answer = await self._session.read(endpoints.EXCHANGE_INFO)
        table = await symbol_table(answer, steps=self._steps)
        self._ever_listed = self._ever_listed.updated_by(table.symbol_map)
        return table

    async def info_of(self, symbol: Symbol) -> SymbolInfo:
        """Return the rules of a market.

        Before it raises `UnknownSymbol` it reads `exchangeInfo` again, unless that is fresh, and
        looks the market up among the suspended and delisted ones.
        """
        require_symbol(symbol)
        info = (await self.cache.get()).by_symbol.get(symbol)
        if info is None:
            info = (await self.cache.get(max_age_s=_FRESH_S)).by_symbol.get(symbol)
        if info is None:
            raise UnknownSymbol(str(symbol), await self._note_on(symbol))
        return info

    async def name_of(self, symbol: Symbol) -> str:
        """Return the exchange's spelling, which never changes: a copy of any age will do.

        So whoever cancels, or looks an order up, needs no market data, nor the market.
        """
        require_symbol(symbol)
        with suppress(UnknownSymbol):
            return self._ever_listed.to_exchange(symbol)
        return (await self.info_of(symbol)).exchange_symbol

    async def symbol_of(self, exchange_symbol: str) -> Symbol | None:
        """Return the pair behind the exchange's spelling, which never changes.

        A copy of any age will do; only a market that it lacks is looked for in a fresh one.

        None for a market that was never listed; it is counted in `unlisted_rows`.
        """
        for max_age_s in (math.inf, _FRESH_S):
            await self.cache.get(max_age_s=max_age_s)
            with suppress(UnknownSymbol):
                return self._ever_listed.from_exchange(exchange_symbol)
        self.unlisted_rows += 1
        return None

    async def _note_on(self, symbol: Symbol) -> str:
        try:
            if self._session.clock.now() - self._offline_read_at > self._life_s:
                await self.read_offline()
        except (ExchangeAPIError, TransportError, ProtocolViolation) as error:
            return f"whether it is suspended or delisted could not be read ({error})"
        # Joining the names is safe where taking them apart is not.
        offline = self._offline.get(symbol.base + symbol.quote)
        if offline is None:
            return ""
        return "it is delisted" if offline.is_delisted else "it is suspended"

    async def read_offline(self) -> list[OfflineSymbol]:
        """Read the suspended and delisted markets."""
        answer = await self._session.read(endpoints.OFFLINE_SYMBOLS)
        reply = wire.decode(answer, wire.OfflineSymbols)
        rows = [market_data.offline_symbol(row) for row in reply.data or ()]
        self._offline = {row.exchange_symbol: row for row in rows}
        self._offline_read_at = self._session.clock.now()
        return rows

    async def read_about(
        self, symbol: Symbol, endpoint: Endpoint, parameters: Parameters = ()
    ) -> Answer:
        """Send a read about one market.

        If the exchange denies the market, the rules in memory are stale: they are read again by
        whoever asks next.
        """
        return await self._read_about(await self.info_of(symbol), endpoint, parameters)

    async def _read_about(
        self, info: SymbolInfo, endpoint: Endpoint, parameters: Parameters = ()
    ) -> Answer:
        try:
            return await self._session.read(
                endpoint, [("symbol", info.exchange_symbol), *parameters]
            )
        except InvalidSymbol:
            self.cache.expire()
            raise

    async def read_row(
        self, symbol: Symbol, endpoint: Endpoint, form: type[Row], build: Build[Row, Model]
    ) -> Model:
        """Read the one row about a market; a row about another is a `ProtocolViolation`."""
        info = await self.info_of(symbol)
        answer = await self._read_about(info, endpoint)
        rows = wire.decode_rows(answer, form)
        if [row.symbol for row in rows] != [info.exchange_symbol]:
            raise wire.violation(answer, f"not one row about {info.exchange_symbol}")
        return self._built(answer, rows[0], symbol, build)

    async def read_rows(
        self, endpoint: Endpoint, form: type[Row], build: Build[Row, Model]
    ) -> list[Model]:
        """Read the rows about all markets; those that `exchangeInfo` lacks are counted only."""
        symbol_map = (await self.cache.get()).symbol_map
        answer = await self._session.read(endpoint)
        models = []
        for row in wire.decode_rows(answer, form):
            try:
                symbol = symbol_map.from_exchange(row.symbol)
            except UnknownSymbol:
                self.unlisted_rows += 1
            else:
                models.append(self._built(answer, row, symbol, build))
        return models

    @staticmethod
    def _built(answer: Answer, row: Row, symbol: Symbol, build: Build[Row, Model]) -> Model:
        try:
            return build(row, symbol)
        except ValueError as error:
            raise wire.violation(answer, f"{row.symbol}: {error}") from error
