"""What the groups of private endpoints share: signed requests about markets."""

from collections.abc import Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.errors import InvalidSymbol
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.signing import Parameters
from mexc_connector.rest.answer import Answer, OrderReference
from mexc_connector.rest.endpoints import Endpoint
from mexc_connector.rest.exchange_clock import ExchangeClock
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.symbol_directory import SymbolDirectory


class PrivateLink:
    """Sends signed requests. A denied market makes the symbol rules in memory stale."""

    def __init__(self, session: RestSession, symbols: SymbolDirectory) -> None:
        self._session = session
        self._symbols = symbols

    @property
    def config(self) -> MexcConfig:
        """The options of the client."""
        return self._session.config

    @property
    def clock(self) -> Clock:
        """Our clock."""
        return self._session.clock

    @property
    def exchange_clock(self) -> ExchangeClock:
        """The exchange's clock as measured."""
        return self._session.exchange_clock

    async def exchange_now_ms(self) -> int:
        """Return the exchange's time; measures it first if that was never done."""
        await self._session.know_the_time()
        return self._session.exchange_clock.now_ms()

    async def info_of(self, symbol: Symbol) -> SymbolInfo:
        """Return the rules of a market; raises `UnknownSymbol`."""
        return await self._symbols.info_of(symbol)

    async def name_of(self, symbol: Symbol) -> str:
        """Return the exchange's spelling of a market, for commands that need none of its rules."""
        return await self._symbols.name_of(symbol)

    async def symbol_of(self, exchange_symbol: str) -> Symbol | None:
        """Return the pair behind the exchange's spelling; None, and counted, if not listed."""
        return await self._symbols.symbol_of(exchange_symbol)

    async def read(self, endpoint: Endpoint, parameters: Parameters = ()) -> Answer:
        """Send a signed read, repeated where that can help."""
        try:
            return await self._session.read(endpoint, parameters)
        except InvalidSymbol:
            self._symbols.cache.expire()
            raise

    async def command(
        self,
        endpoint: Endpoint,
        parameters: Parameters = (),
        *,
        about: OrderReference | None = None,
        admit: Callable[[], object] | None = None,
    ) -> Answer:
        """Send a command, once; see `Sender.command`."""
        try:
            return await self._session.command(endpoint, parameters, about=about, admit=admit)
        except InvalidSymbol:
            self._symbols.cache.expire()
            raise
