"""MexcExchange: wires the clients together, opens and closes them, and delegates."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.credentials import credentials_from
from mexc_connector.common.enums import ConnectionState, ReadyWhen
from mexc_connector.common.errors import SessionClosed, UsageError
from mexc_connector.common.health import SessionHealth
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.latency import LatencyReport
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import Symbol
from mexc_connector.health_methods import HealthMethods
from mexc_connector.interface import BaseExchangeInterface
from mexc_connector.market_methods import MarketMethods
from mexc_connector.performance import performance_metrics
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.session_health import no_session, open_monitor, session_health
from mexc_connector.session_life import SessionLife
from mexc_connector.session_monitor import SessionMonitor
from mexc_connector.trading.account import Account
from mexc_connector.trading_methods import TradingMethods
from mexc_connector.trading_wiring import TradingParts
from mexc_connector.wiring import Parts, open_parts
from mexc_connector.ws.private import MexcWebsocketPrivate
from mexc_connector.ws.public import MexcWebsocketPublic

_NO_KEYS = "give MexcExchange api_key and secret_key, or set MEXC_API_KEY and MEXC_API_SECRET"


class MexcExchange(MarketMethods, TradingMethods, HealthMethods, BaseExchangeInterface):
    """MEXC spot behind one object.

    ```python
    async with MexcExchange().session([BTC_USDT]) as mexc:
        print(mexc.orderbook.bids[0].price)
    ```

    Market data needs no keys; they come from the arguments, else from `config`, else from
    `MEXC_API_KEY` and `MEXC_API_SECRET` of `environment`, the process's by default (`{}` opens no
    account). `config` defaults to the real exchange and its limits. One object holds one session at
    a time; after it has ended, another may be opened.
    """

    def __init__(
        self,
        api_key: str | None = None,
        secret_key: str | None = None,
        *,
        config: MexcConfig | None = None,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._config = config or MexcConfig()
        self._credentials = credentials_from(
            api_key, secret_key, config=self._config, environment=environment
        )
        self._clock = clock or Clock()
        self._budget = RequestBudget(self._config.limits, clock=self._clock)
        self._parts: Parts | None = None
        self._monitor: SessionMonitor | None = None
        self._life: SessionLife | None = None
        self._is_starting = False
        self._book_reads = 0

    def __repr__(self) -> str:
        if self._parts is None:
            return "<MexcExchange, no session>"
        return f"<MexcExchange {self._parts.streams.state} {self._parts.feed!r}>"

    # Life.

    def session(
        self,
        symbols: Iterable[Symbol] = (),
        *,
        ready_when: ReadyWhen = ReadyWhen.SYNCED,
        journal: str | Path | None = None,
    ) -> AbstractAsyncContextManager[Self]:
        """Connect, load the rules of all symbols, keep the books of these; clean up at the end.

        Costs weight 25 for the rules and 3 per symbol, out of 300 in 10 s: with the exchange's
        limits 100 books sync every 10 seconds. With keys the account costs a listen key, and
        weight 13 of 500.
        """
        if journal is not None and self._credentials is None:
            raise UsageError(f"a journal is of an account: {_NO_KEYS}")
        path = None if journal is None else Path(journal)
        return self._session(list(dict.fromkeys(symbols)), ready_when, path)

    @asynccontextmanager
    async def _session(
        self, symbols: list[Symbol], ready_when: ReadyWhen, journal: Path | None
    ) -> AsyncIterator[Self]:
        if self._parts is not None or self._is_starting:
            raise UsageError("this MexcExchange has a session already; one object holds one")
        self._is_starting = True
        before, life = self._life, SessionLife()
        self._life = life
        try:
            if before is not None:
                await before.end()
            await self._open(life, symbols, ready_when, journal)
        except BaseException:
            await self._end(life)
            raise
        finally:
            self._is_starting = False
        try:
            yield self
        finally:
            await self._end(life)

    async def _open(
        self, life: SessionLife, symbols: list[Symbol], ready_when: ReadyWhen, journal: Path | None
    ) -> None:
        parts = await open_parts(
            self._config,
            symbols,
            credentials=self._credentials,
            journal=journal,
            clock=self._clock,
            budget=self._budget,
            closing=life.closing,
        )
        life.require_going_on()
        self._parts = parts
        if ready_when is ReadyWhen.SYNCED:
            await parts.wait_all_synced(symbols)
            life.require_going_on()
        if parts.trading is not None:
            parts.trading.account.guards.start()
        self._monitor = open_monitor(
            parts, budget=self._budget, clock=self._clock, closing=life.closing
        )

    async def _end(self, life: SessionLife) -> None:
        if life is self._life:  # else another session has begun since
            self._parts = self._monitor = None
        await life.end()

    async def close(self) -> None:
        """End the session; when this returns it has ended. May be called twice, and from within."""
        if self._life is not None:
            await self._end(self._life)

    async def add_symbol(self, symbol: Symbol) -> None:
        """Keep this market's book too. When it returns the book can be read.

        Costs weight 3, and 25 more when the symbol rules have to be read again.
        """
        await self._open_parts().add(symbol)

    async def remove_symbol(self, symbol: Symbol) -> None:
        """Stop keeping this market's book."""
        self._open_parts().feed.remove(symbol)

    @property
    def active_symbols(self) -> tuple[Symbol, ...]:
        """The markets whose books are kept; empty outside a session."""
        return () if self._parts is None else tuple(self._parts.feed.books)

    async def wait_synced(self, symbol: Symbol, *, timeout_s: float | None = None) -> None:
        """Wait until an active market's book can be read."""
        await self._open_parts().feed.wait_synced(symbol, timeout_s=timeout_s)

    @property
    def state(self) -> ConnectionState:
        """State of the streams: the worst of all links."""
        return ConnectionState.CLOSED if self._parts is None else self._parts.streams.state

    @property
    def is_connected(self) -> bool:
        """Whether every link is open."""
        return self._parts is not None and self._parts.streams.is_connected

    def on_connection(self, callback: Callable[[ConnectionEvent], object]) -> Registration:
        """Call `callback(event)` whenever a link changes its state."""
        return self._open_parts().streams.on_connection(callback)

    # Books and rules.

    @property
    def orderbook(self) -> OrderBook:
        """The book of the one active symbol."""
        books = self._open_parts().feed.books
        if len(books) != 1:
            raise UsageError(
                f"{len(books)} symbols are active; say which book with get_orderbook(symbol)"
            )
        self._book_reads += 1
        return next(iter(books.values()))

    def get_orderbook(self, symbol: Symbol) -> OrderBook:
        """Return an active market's book, live or not."""
        self._book_reads += 1
        return self._open_parts().feed.get(symbol)

    @property
    def orderbooks(self) -> Mapping[Symbol, OrderBook]:
        """All books that are kept."""
        return self._open_parts().feed.books

    async def get_symbol_info(self, symbol: Symbol) -> SymbolInfo:
        """Return a market's rules. Costs weight 25 once the cached ones are too old."""
        return await self._open_parts().rest.get_symbol_info(symbol)

    @property
    def public_rest(self) -> MexcPublicSpotRest:
        """The public REST client of the session, for everything else it can be asked."""
        return self._open_parts().rest

    @property
    def public_streams(self) -> MexcWebsocketPublic:
        """The stream client of the session, with all of its channels."""
        return self._open_parts().streams

    @property
    def private_rest(self) -> MexcPrivateSpotRest:
        """The private REST client of the session. Orders are safer through the methods here."""
        return self._open_trading().rest

    @property
    def private_streams(self) -> MexcWebsocketPrivate:
        """The private stream client of the session: what the exchange says, unreconciled."""
        return self._open_trading().streams

    # Insight.

    def health(self) -> SessionHealth:
        """Return one answer for the whole session, from memory; `DOWN` outside of one."""
        if self._parts is None or self._monitor is None:
            return no_session(self._budget, self._clock)
        modes = self._monitor.active
        return session_health(self._parts, modes, budget=self._budget, clock=self._clock)

    def get_performance_metrics(self) -> dict[str, float]:
        """Return counters of the session, flat; see `docs/metrics.md` for every name."""
        parts = self._open_parts()
        return performance_metrics(
            books=parts.feed.metrics(),
            streams=parts.streams.metrics(),
            tapes=parts.streams.tapes.metrics(),
            rest=parts.rest.metrics(),
            book_reads=self._book_reads,
            degraded_modes=0 if self._monitor is None else len(self._monitor.active),
            degraded_mode_changes=0 if self._monitor is None else self._monitor.changes,
            account=None if parts.trading is None else parts.trading.metrics(),
        )

    def get_latency(self) -> LatencyReport:
        """Return where the time of the session's events went so far; see `docs/metrics.md`.

        Costs some milliseconds. Raises `UsageError` unless `StreamConfig.latency_one_in` of the
        config has it measured.
        """
        parts = self._open_parts()
        report = parts.streams.get_latency()
        if parts.trading is None:
            return report
        return report.merged(parts.trading.streams.get_latency())

    # Inside.

    def _open_parts(self) -> Parts:
        if self._parts is None:
            raise SessionClosed("no session is open; use `async with exchange.session(symbols)`")
        return self._parts

    def _open_monitor(self) -> SessionMonitor:
        self._open_parts()
        if self._monitor is None:
            raise SessionClosed("the session is still starting")
        return self._monitor

    def _open_trading(self) -> TradingParts:
        trading = self._open_parts().trading
        if trading is None:
            raise UsageError(f"this session has no account: {_NO_KEYS}")
        return trading

    def _open_account(self) -> Account:
        return self._open_trading().account
